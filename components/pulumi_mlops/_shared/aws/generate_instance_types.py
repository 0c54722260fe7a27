"""Writes `instance_types.json` anew: `python -m pulumi_mlops._shared.aws.generate_instance_types`. For developers.

SageMaker's types come from botocore's description of its API. Which region has a machine is not told there: a type counts
as offered where EC2 offers the machine behind it, by the lists that moto ships.
"""

import gzip
import json
from pathlib import Path
from typing import Any

from pulumi_mlops._shared.aws.instance_types import FILE, InstanceUse

_SHAPES = {
    InstanceUse.ENDPOINT: "ProductionVariantInstanceType",
    InstanceUse.TRAINING: "TrainingInstanceType",
    InstanceUse.PROCESSING: "ProcessingInstanceType",
}
_ENDING = ".json.gz"


def document() -> dict[str, Any]:
    """Return the lists: the types by use, and by region those that it lacks."""
    import botocore.session  # noqa: PLC0415 - for developers alone
    from moto import ec2  # noqa: PLC0415

    service = botocore.session.get_session().get_service_model("sagemaker")
    uses = {use.value: sorted(service.shape_for(shape).enum) for use, shape in _SHAPES.items()}
    every = sorted({name for names in uses.values() for name in names})
    offerings = Path(str(ec2.__file__)).parent / "resources" / "instance_type_offerings" / "region"
    lacking = {}
    for path in sorted(offerings.glob(f"*{_ENDING}")):
        with gzip.open(path, "rt", encoding="utf-8") as stream:
            offered = {offer["InstanceType"] for offer in json.load(stream)}
        lacking[path.name.removesuffix(_ENDING)] = [
            name for name in every if name.startswith("ml.") and name.removeprefix("ml.") not in offered
        ]
    return {"uses": uses, "lacking": lacking}


def main() -> None:
    """Write the file."""
    FILE.write_text(json.dumps(document(), indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
