"""An endpoint on SageMaker as it is declared, for several tests."""

import json
from typing import Any

from pulumi_mlops.endpoint.sagemaker.component import SageMakerEndpoint
from tests.recording import Declaration, declare
from tests.unit.endpoint.sagemaker_arguments import arguments

OUTPUTS = ("url", "serving_version", "serving_digest", "status")


def endpoint(sagemaker: dict[str, Any] | None = None, *, preview: bool = False, **changes: Any) -> Declaration:
    def program() -> object:
        component = SageMakerEndpoint("flight-delay", arguments(sagemaker, **changes))
        return {name: getattr(component, name) for name in OUTPUTS}

    return declare(program, preview=preview)


def statements(sagemaker: dict[str, Any] | None = None, **changes: Any) -> dict[str, dict[str, Any]]:
    policy = json.loads(endpoint(sagemaker, **changes).one("RolePolicy").inputs["policy"])
    return {statement["Sid"]: statement for statement in policy["Statement"]}
