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
    """The statements of the endpoint's role by name."""
    declared = endpoint(sagemaker, **changes)
    policies = [one.inputs["policy"] for one in declared.resources if one.type.endswith(":RolePolicy")]
    return {statement["Sid"]: statement for policy in policies for statement in json.loads(policy)["Statement"]}
