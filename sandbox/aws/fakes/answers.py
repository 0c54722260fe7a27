"""How answers differ from moto's: what it lacks is refused at once, and members that were never given are left out."""

import json
from collections.abc import Callable
from typing import Any

from moto.core.responses import ActionResult, BaseResponse
from moto.sagemaker.responses import SageMakerResponse

from sandbox.aws.moto_patches import replace

FAKED = (
    "any operation that moto lacks: HTTP 400 UnknownOperationException at once; moto's 500 is tried again by clients",
    "SageMaker Describe*: members that were never given are left out; moto's {}, [] or null look like changes",
)


def apply() -> None:
    """Put both into moto."""
    call_action = BaseResponse.call_action

    def refusing(self: BaseResponse) -> Any:
        try:
            return call_action(self)
        except NotImplementedError as error:
            kind = "UnknownOperationException"
            body = json.dumps({"__type": kind, "message": f"the offline AWS does not have it: {error}"})
            return 400, {"status": 400, "x-amzn-errortype": kind}, body

    replace(BaseResponse, call_action=refusing)
    for name in dir(SageMakerResponse):
        if name.startswith("describe_"):
            replace(SageMakerResponse, **{name: _without_unset(getattr(SageMakerResponse, name))})


def _without_unset(describe: Callable[[Any], ActionResult]) -> Callable[[Any], ActionResult]:
    def described(self: Any) -> ActionResult:
        answer = describe(self)
        if not isinstance(answer.result, dict):
            return answer
        return ActionResult({key: value for key, value in answer.result.items() if value not in ({}, [], None, "")})

    return described
