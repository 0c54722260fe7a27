import json
from pathlib import Path

import botocore.session
import pytest

from pulumi_mlops._shared.aws import generate_instance_types
from pulumi_mlops._shared.aws.instance_disks import FILE as DISKS_FILE
from pulumi_mlops._shared.aws.instance_disks import disk_gb
from pulumi_mlops._shared.aws.instance_memory import FILE as MEMORY_FILE
from pulumi_mlops._shared.aws.instance_memory import AcceleratorKind, InstanceMemory, memory_of
from pulumi_mlops._shared.aws.instance_types import FILE, InstanceUse, regions, supported
from pulumi_mlops._shared.aws.volumes import has_own_disks

SHAPES = generate_instance_types.SHAPES


@pytest.mark.parametrize("use", list(InstanceUse))
def test_every_type_is_one_that_sagemaker_takes_for_the_use(use: InstanceUse) -> None:
    model = botocore.session.get_session().get_service_model("sagemaker")
    taken = set(model.shape_for(SHAPES[use]).enum)
    for region in regions():
        assert supported(region, use) <= taken
        assert len(supported(region, use)) > 50, region


def test_regions_and_uses_differ() -> None:
    assert "ml.t2.medium" in supported("eu-west-1", InstanceUse.ENDPOINT)
    assert "ml.t2.medium" not in supported("eu-west-1", InstanceUse.TRAINING)
    assert "ml.p5.48xlarge" in supported("us-east-1", InstanceUse.TRAINING)
    assert "ml.p5.48xlarge" not in supported("eu-south-1", InstanceUse.TRAINING)


def test_a_region_without_a_list_of_its_own_has_what_the_use_has_anywhere() -> None:
    everywhere = set(json.loads(FILE.read_text())["uses"]["training"])
    assert supported("cn-north-1", InstanceUse.TRAINING) == everywhere
    assert supported("eu-west-1", InstanceUse.TRAINING) < everywhere


def test_no_instance_is_known_where_there_is_no_sagemaker() -> None:
    assert "mars-north-1" not in regions()
    assert supported("mars-north-1", InstanceUse.ENDPOINT) == frozenset()


def test_the_lists_are_written_as_the_generator_writes_them(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    written, disks = tmp_path / "instance_types.json", tmp_path / "instance_disks.json"
    memory = tmp_path / "instance_memory.json"
    monkeypatch.setattr(generate_instance_types, "MEMORY_FILE", memory)
    monkeypatch.setattr(generate_instance_types, "FILE", written)
    monkeypatch.setattr(generate_instance_types, "DISKS_FILE", disks)
    generate_instance_types.main()
    # What they hold may be older than the libraries that are installed. How they are written may not.
    assert json.loads(written.read_text()).keys() == json.loads(FILE.read_text()).keys()
    assert len(FILE.read_text().splitlines()) == len(regions()) + len(InstanceUse) + 6
    assert json.loads(DISKS_FILE.read_text()).items() <= json.loads(disks.read_text()).items()
    now = json.loads(memory.read_text())
    assert all(now[name] == sizes for name, sizes in json.loads(MEMORY_FILE.read_text()).items())


def test_memory_is_that_of_the_machine_and_of_its_accelerators() -> None:
    assert memory_of("ml.m5.large") == InstanceMemory(8192)
    assert memory_of("ml.g5.12xlarge") == InstanceMemory(196608, AcceleratorKind.GPU, 4 * 22888)
    assert memory_of("ml.inf2.xlarge") == InstanceMemory(16384, AcceleratorKind.NEURON, 32768)
    assert memory_of("ml.of-tomorrow") is None
    assert [memory.most_mib for name in ("ml.g5.xlarge", "ml.g5.12xlarge") if (memory := memory_of(name))] == [
        22888,
        196608,
    ]


def test_only_machines_with_disks_of_their_own_have_a_size() -> None:
    assert (disk_gb("ml.c5d.large"), disk_gb("ml.m5.large"), disk_gb("ml.of-tomorrow")) == (50, None, None)
    assert all(has_own_disks(name) for name in json.loads(DISKS_FILE.read_text()))
