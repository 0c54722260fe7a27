"""Parameters that an execution may be started with."""

from pulumi_mlops._shared.documents import Document, without_none
from pulumi_mlops.training_pipeline.sagemaker.definition.plan import ParameterPlan

_TYPES = {"integer": "Integer", "number": "Float", "string": "String", "boolean": "Boolean"}


def parameter(name: str, plan: ParameterPlan) -> Document:
    """Compile a parameter: a number stays a number of its kind, whichever way it was written."""
    default = float(plan.default) if plan.type == "number" else plan.default
    choices = sorted(plan.choices) if plan.type == "string" else []
    return without_none(
        {"Name": name, "Type": _TYPES[plan.type], "DefaultValue": default, "EnumValues": choices or None}
    )
