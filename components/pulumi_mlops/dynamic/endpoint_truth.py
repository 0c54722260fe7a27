"""Asks an endpoint in service what it must answer, where its container is another's and proves nothing by itself.

The golden prompts of a language model are asked by InvokeEndpoint in the form of AWS's LMI container:
https://docs.djl.ai/docs/serving/serving/docs/lmi/user_guides/lmi_input_output_schema.html, rolling batch.
"""

import json
from collections.abc import Mapping
from typing import Any

from pulumi_mlops._shared.aws.client import AwsError, ask, client
from pulumi_mlops.dynamic.endpoint_status import EndpointError, place

SHOWN_CHARACTERS = 60
JSON = "application/json"


def prove(asked: Mapping[str, Any]) -> None:
    """Ask the golden prompts; nothing where the endpoint's own server has done so.

    Args:
        asked: The properties of `ManagedEndpoint`.

    Raises:
        EndpointError: An answer differs, or is none.
        AwsError: The golden prompts cannot be read.
    """
    truth = asked.get("truth")
    if not truth:
        return
    name, region = asked["endpoint_name"], asked["region"]
    where = place(client("sagemaker", region), name)
    prompts = _golden_prompts(region, truth)
    problems = [problem for prompt in prompts if (problem := _problem(region, name, prompt))]
    if problems:
        fix = (
            "the endpoint serves on as it is; to go back, put the line `model: {version: …, digest: …}` that was there"
            " before into the stack file again and run `pulumi up`"
        )
        got = f"other answers to {len(problems)} of {len(prompts)} golden prompts ({problems[0]})"
        raise EndpointError(f"{where}: got {got}, expected the registered ones, fix: {fix}")


def _golden_prompts(region: str, truth: Mapping[str, Any]) -> list[dict[str, Any]]:
    answer = ask(client("s3", region), "get_object", Bucket=truth["bucket"], Key=truth["key"])
    where = f"s3://{truth['bucket']}/{truth['key']}"
    try:
        prompts = [dict(prompt) for prompt in json.loads(answer["Body"].read())["prompts"]]
    except (LookupError, TypeError, ValueError) as error:
        fix = "register the model anew"
        raise EndpointError(f"{where}: got {type(error).__name__}, expected golden prompts, fix: {fix}") from error
    if not prompts:
        raise EndpointError(f"{where}: got none, expected golden prompts, fix: register the model anew")
    return prompts


def _problem(region: str, name: str, prompt: Mapping[str, Any]) -> str | None:
    """Return what is wrong with the answer to a prompt; None where it is the registered one."""
    # Greedily, as the answers were taken that it is held against.
    parameters = {"max_new_tokens": int(prompt["tokens_max"]), "do_sample": False, "seed": 0}
    body = json.dumps({"inputs": prompt["prompt"], "parameters": parameters})
    shown = f"{prompt['prompt'][:SHOWN_CHARACTERS]!r}"
    try:
        answer = ask(
            client("sagemaker-runtime", region), "invoke_endpoint", EndpointName=name, ContentType=JSON, Body=body
        )
        text = json.loads(answer["Body"].read())["generated_text"]
    except AwsError as error:
        return f"{shown}: got no answer ({error}), expected one"
    except (LookupError, TypeError, ValueError) as error:
        return f"{shown}: got {type(error).__name__} in the answer, expected generated_text"
    return None if _agrees(str(text), prompt) else _differs(shown, str(text), prompt["text"])


def _agrees(text: str, prompt: Mapping[str, Any]) -> bool:
    """Hold an answer against the registered one, as `mlops_runtime.language_model.golden` does."""
    expected, needed = prompt["text"], prompt.get("characters_that_agree")
    if needed is None:
        return bool(text == expected)
    return bool(text[: int(needed)] == expected[: int(needed)])


def _differs(shown: str, text: str, expected: str) -> str:
    return f"{shown}: got {text[:SHOWN_CHARACTERS]!r}, expected {expected[:SHOWN_CHARACTERS]!r}"
