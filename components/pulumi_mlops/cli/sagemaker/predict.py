"""`mlops predict` on SageMaker."""

import json
import time
import uuid
from collections.abc import Sequence
from typing import Any

from pulumi_mlops._shared.aws import client as aws
from pulumi_mlops._shared.names import asynchronous_folder
from pulumi_mlops.cli.sagemaker.names import Names, names_of
from pulumi_mlops.cli.stacks import Place, longest_answer_seconds

JSON = "application/json"
# How long SageMaker lets a model work on an asynchronous request unless it is told otherwise (InvokeEndpointAsync,
# InvocationTimeoutSeconds), and so the longest that an answer is waited for where the stack does not say.
ANSWER_SECONDS = 900
PAUSE_SECONDS = 1.0


def predictions(place: Place, rows: Sequence[Any]) -> list[Any]:
    """Send rows to a workload's endpoint and return its predictions.

    Raises:
        AwsError: When there is no endpoint, or it refuses.
        ValueError: When it answers in another form.
    """
    names = names_of(place)
    body = json.dumps({"instances": list(rows)}).encode()
    endpoint = place.config.workloads[place.workload].endpoint
    if endpoint.sagemaker is not None and endpoint.sagemaker.asynchronous is not None:
        answer = _asked_later(names, body, endpoint.request_timeout_seconds or ANSWER_SECONDS)
    else:
        answer = _asked(names, body, longest_answer_seconds(endpoint))
    document = json.loads(answer)
    found = document.get("predictions") if isinstance(document, dict) else None
    if not isinstance(found, list) or len(found) != len(rows):
        raise ValueError(f"endpoint {names.endpoint}: got {str(document)[:200]}, expected {len(rows)} predictions")
    return found


def _asked(names: Names, body: bytes, seconds: int) -> bytes:
    answer = aws.ask(
        aws.client("sagemaker-runtime", names.region, answer_seconds=seconds),
        "invoke_endpoint",
        EndpointName=names.endpoint,
        ContentType=JSON,
        Accept=JSON,
        Body=body,
    )
    content: bytes = answer["Body"].read()
    return content


def _asked_later(names: Names, body: bytes, seconds: int) -> bytes:
    """Put the request where the endpoint reads it, and wait so long for the answer beside it.

    https://docs.aws.amazon.com/sagemaker/latest/dg/async-inference-invoke-endpoint.html
    """
    s3 = aws.client("s3", names.region)
    key = f"{asynchronous_folder(names.endpoint)}/requests/{uuid.uuid4()}.json"
    aws.ask(s3, "put_object", Bucket=names.bucket, Key=key, Body=body, ContentType=JSON)
    taken = aws.ask(
        aws.client("sagemaker-runtime", names.region),
        "invoke_endpoint_async",
        EndpointName=names.endpoint,
        ContentType=JSON,
        Accept=JSON,
        InputLocation=f"s3://{names.bucket}/{key}",
        InvocationTimeoutSeconds=seconds,
    )
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if (answer := _object(s3, taken["OutputLocation"])) is not None:
            return answer
        if (failure := _object(s3, taken.get("FailureLocation"))) is not None:
            got = failure.decode(errors="replace")[:1000]
            fix = "mend the rows that it names, or look at the endpoint's logs"
            raise aws.AwsError(f"endpoint {names.endpoint}: got the failure {got}, expected predictions, fix: {fix}")
        time.sleep(PAUSE_SECONDS)
    raise aws.AwsError(
        f"endpoint {names.endpoint}: got no answer at {taken['OutputLocation']} within {seconds} seconds, "
        "expected one, fix: look at the endpoint's logs, and there again later"
    )


def _object(s3: Any, address: str | None) -> bytes | None:
    """Return an object of S3; None while it is not there."""
    if not address:
        return None
    bucket, _, key = address.removeprefix("s3://").partition("/")
    try:
        content: bytes = aws.ask(s3, "get_object", Bucket=bucket, Key=key)["Body"].read()
    except aws.MissingError:
        return None
    return content
