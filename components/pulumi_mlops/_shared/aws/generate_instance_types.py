"""Writes the lists of instance types anew: `python -m pulumi_mlops._shared.aws.generate_instance_types`.

What SageMaker takes for each use is what botocore says of its API. Where a type exists is what EC2 offers in a region,
as moto records it: SageMaker's machines are EC2's, and AWS publishes no list by region in a form that can be read.
"""

import gzip
import json
from pathlib import Path
from typing import Any

from pulumi_mlops._shared.aws.instance_disks import FILE as DISKS_FILE
from pulumi_mlops._shared.aws.instance_memory import FILE as MEMORY_FILE
from pulumi_mlops._shared.aws.instance_memory import AcceleratorKind
from pulumi_mlops._shared.aws.instance_types import FILE, PREFIX, InstanceUse

SHAPES = {
    InstanceUse.ENDPOINT: "ProductionVariantInstanceType",
    InstanceUse.TRAINING: "TrainingInstanceType",
    InstanceUse.PROCESSING: "ProcessingInstanceType",
}
PARTITIONS = ("aws", "aws-cn", "aws-us-gov")


def uses() -> dict[str, list[str]]:
    """Return the instance types that SageMaker's API takes, by use."""
    import botocore.session  # noqa: PLC0415 - only who generates the lists needs it

    model = botocore.session.get_session().get_service_model("sagemaker")
    return {use.value: sorted(model.shape_for(shape).enum) for use, shape in SHAPES.items()}


def regions() -> list[str]:
    """Return the regions that have SageMaker."""
    import botocore.session  # noqa: PLC0415 - see above

    session = botocore.session.get_session()
    return sorted(region for name in PARTITIONS for region in session.get_available_regions("sagemaker", name))


def offered(region: str) -> set[str] | None:
    """Return the instance types that EC2 offers in a region; None where that is not known."""
    import moto.ec2  # noqa: PLC0415 - see above

    folder = Path(moto.ec2.__file__).parent / "resources/instance_type_offerings/region"
    file = folder / f"{region}.json.gz"
    if not file.is_file():
        return None
    return {f"{PREFIX}{offering['InstanceType']}" for offering in json.loads(gzip.decompress(file.read_bytes()))}


def disks() -> dict[str, int]:
    """Return the size of the disks that types bring along, in GB, as EC2 describes them and moto records it."""
    found = {name: each.get("InstanceStorageInfo", {}).get("TotalSizeInGB") for name, each in _described().items()}
    return {name: int(size) for name, size in found.items() if size}


def memory() -> dict[str, list[int | str]]:
    """Return the memory of types in MiB; and, where they have accelerators, their kind and all of their memory.

    EC2's DescribeInstanceTypes says it (MemoryInfo, GpuInfo, NeuronInfo), and moto records it.
    """
    found: dict[str, list[int | str]] = {}
    for name, described in _described().items():
        if size := described.get("MemoryInfo", {}).get("SizeInMiB"):
            found[name] = [int(size), *_accelerators(described)]
    return found


def _accelerators(described: dict[str, Any]) -> list[int | str]:
    if size := described.get("GpuInfo", {}).get("TotalGpuMemoryInMiB"):
        return [AcceleratorKind.GPU.value, int(size)]
    if size := described.get("NeuronInfo", {}).get("TotalNeuronDeviceMemoryInMiB"):
        return [AcceleratorKind.NEURON.value, int(size)]
    return []


def _described() -> dict[str, dict[str, Any]]:
    """Return what EC2 says of each type that SageMaker takes."""
    from moto.ec2.models.instance_types import INSTANCE_TYPES  # noqa: PLC0415 - see above

    known = sorted({name for names in uses().values() for name in names})
    return {name: INSTANCE_TYPES.get(name.removeprefix(PREFIX), {}) for name in known}


def main() -> None:
    """Write the files: what each use takes, by region what of that is not there, and machines' disks and memory."""
    DISKS_FILE.write_text(json.dumps(disks(), indent=1) + "\n", encoding="utf-8")
    rows = ",\n".join(f" {json.dumps(name)}: {json.dumps(sizes)}" for name, sizes in memory().items())
    MEMORY_FILE.write_text(f"{{\n{rows}\n}}\n", encoding="utf-8")
    by_use = uses()
    known = {name for names in by_use.values() for name in names}
    absent = {}
    for region in regions():
        here = offered(region)
        absent[region] = [] if here is None else sorted(known - here)
    # A line each, so that a new machine or a new region is one line of a diff.
    sections = {
        section: ",\n".join(f"  {json.dumps(key)}: {json.dumps(names)}" for key, names in lists.items())
        for section, lists in {"uses": by_use, "absent": absent}.items()
    }
    text = ",\n".join(f' "{section}": {{\n{lines}\n }}' for section, lines in sections.items())
    FILE.write_text(f"{{\n{text}\n}}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
