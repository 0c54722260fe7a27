"""AWS's LMI container: each setting's range and default, once, and what it needs of the endpoint.

Its options: https://docs.djl.ai/docs/serving/serving/docs/lmi/deployment_guide/configurations.html and, passed on to
its backend, https://docs.djl.ai/docs/serving/serving/docs/lmi/user_guides/vllm_user_guide.html.
"""

from dataclasses import dataclass

import pulumi

from pulumi_mlops._shared.arguments import Arguments
from pulumi_mlops._shared.aws.instance_memory import AcceleratorKind, memory_of
from pulumi_mlops._shared.problems import Check
from pulumi_mlops._shared.rules import Range, Setting
from pulumi_mlops.endpoint.sagemaker.lmi.args import LmiDtype

PATH = "sagemaker.lmi"
CONTEXT_TOKENS = Range(64, 1_048_576)
SEQUENCES_MAX = Range(1, 4096)
ACCELERATOR_MEMORY_PERCENT = Setting(10, 98, default=90)
DEFAULT_DTYPE = LmiDtype.FP16


@dataclass(frozen=True, kw_only=True)
class LmiSettings:
    """Everything that the container's variables are made of. None: as LMI has it."""

    image: pulumi.Input[str]
    context_tokens: int | None
    sequences_max: int | None
    dtype: LmiDtype
    accelerator_memory_percent: int


def read_lmi(arguments: Arguments, image: Check) -> LmiSettings | None:
    """Take LMI; None where the endpoint's server is ours.

    Args:
        arguments: The component's arguments.
        image: What an image must satisfy.
    """
    read = arguments.read
    if read(PATH) is None:
        return None
    context_tokens, sequences_max = (
        read(f"{PATH}.{name}", rule)
        for name, rule in (("context_tokens", CONTEXT_TOKENS), ("sequences_max", SEQUENCES_MAX))
    )
    return LmiSettings(
        image=read(f"{PATH}.image", image),
        context_tokens=None if context_tokens is None else int(context_tokens),
        sequences_max=None if sequences_max is None else int(sequences_max),
        dtype=LmiDtype(read(f"{PATH}.dtype", None, DEFAULT_DTYPE)),
        accelerator_memory_percent=arguments.number(f"{PATH}.accelerator_memory_percent", ACCELERATOR_MEMORY_PERCENT),
    )


def refuse_what_lmi_lacks(arguments: Arguments, instance_type: str) -> None:
    """Note what LMI cannot do without, and what its answers could not be held against.

    Args:
        arguments: The component's arguments, which have LMI.
        instance_type: The endpoint's.
    """
    memory = memory_of(instance_type)
    if (
        memory is not None
        and memory.accelerator is not AcceleratorKind.GPU
        and arguments.sound("sagemaker.instance_type")
    ):
        expected = "an instance type with a GPU beside sagemaker.lmi: its backend vLLM runs on one"
        arguments.add("sagemaker.instance_type", instance_type, expected, "choose one such as ml.g5.xlarge")
    for other, reason in (
        ("serverless", "serverless inference has no GPUs (serverless-endpoints, feature exclusions)"),
        ("asynchronous", "an asynchronous endpoint cannot be asked for the golden prompts by InvokeEndpoint"),
        ("shadow", "nobody sees a shadow variant's answers, so that they cannot be held against the golden prompts"),
    ):
        path = f"sagemaker.{other}"
        if arguments.read(path) is not None:
            expected = f"nothing beside {PATH}: {reason}"
            arguments.add(path, arguments.read(path), expected, "remove one of the two")
