"""What the program reads of Pulumi's own configuration, which must be what the file says."""

import json
from pathlib import Path

import pulumi
import pytest

from pulumi_mlops.image.records import FILE_NAME, ImageRecord, write
from pulumi_mlops.stack.file import load_stack_file, read_document
from pulumi_mlops.stack.load import load_secrets, load_stack
from pulumi_mlops.stack.problems import ConfigError
from pulumi_mlops.stack.project import find_project
from tests.within_pulumi import within_pulumi

PASSWORD = "mlops:registry_database_password"


@pytest.fixture
def config(good: str, tmp_path: Path, small_graph: None) -> dict[str, str]:
    path = tmp_path / "Pulumi.dev-local.yaml"
    path.write_text(good)
    values = read_document(path, "mlops").values
    return {f"mlops:{key}": json.dumps(value) for key, value in values.items()}


def test_the_program_reads_what_the_file_says(config: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: mlops\n")
    read = within_pulumi(config | {"pulumi:tags": "{}", "aws:region": "x"}, [], load_stack)
    assert read == load_stack_file(tmp_path / "Pulumi.dev-local.yaml", find_project(tmp_path))


def test_the_program_refuses_what_the_file_check_refuses(config: dict[str, str]) -> None:
    platform = json.loads(config["mlops:platform"])
    bad = config | {"mlops:platform": json.dumps(platform | {"onwer": 1, "owner": 3}), "mlops:worklods": "{}"}
    with pytest.raises(ConfigError) as caught:
        within_pulumi(bad, [], load_stack)
    assert [problem.path for problem in caught.value.problems] == [
        "mlops:platform.onwer",
        "mlops:platform.owner",
        "mlops:worklods",
    ]
    assert str(caught.value).startswith("stack dev-local: mlops:platform.onwer: got an unknown key")


def test_the_program_refuses_an_image_of_another_graph(
    config: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: mlops\n")
    monkeypatch.chdir(tmp_path)
    image = json.loads(config["mlops:platform"])["images"]["pipeline"]
    record = ImageRecord("pipeline", "other", "", "c" * 64, {"other.graph:GRAPH": "sha256:1"}, "", "")
    write(tmp_path / FILE_NAME, {image: record}, [image])
    with pytest.raises(ConfigError) as caught:
        within_pulumi(config, [], load_stack)
    (problem,) = caught.value.problems
    assert problem.path == "mlops:platform.images.pipeline"
    assert "which holds other.graph:GRAPH, expected an image with flight_delay.graph:GRAPH" in str(problem)


def test_the_program_refuses_a_key_of_a_namespace_that_is_a_slip(config: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match=r"mlop:workloads: got an unknown key, expected one of .*did you mean mlops"):
        within_pulumi(config | {"mlop:workloads": "{}"}, [], load_stack)


def test_the_program_never_advises_a_number_that_nobody_wrote(config: dict[str, str]) -> None:
    """012345670123 without quotes is octal: what arrives is another number."""
    platform = json.loads(config["mlops:platform"]) | {"owner": 0o12345670123}
    with pytest.raises(ConfigError) as caught:
        within_pulumi(config | {"mlops:platform": json.dumps(platform)}, [], load_stack)
    (problem,) = caught.value.problems
    assert problem.fix == "put it in quotes as it stands in the file"


def test_what_is_refused_ends_a_program_with_its_text_alone(config: dict[str, str]) -> None:
    bad = config | {"mlops:worklods": "{}", "mlops:platfrom": "{}"}
    with pytest.raises(pulumi.RunError) as caught:
        within_pulumi(bad, [], load_stack)
    assert len(str(caught.value).splitlines()) == 2


def test_a_setting_that_is_no_object_is_a_problem(config: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match="mlops:platform: got 'dev', expected a mapping"):
        within_pulumi(config | {"mlops:platform": "dev"}, [], load_stack)


def test_a_password_must_have_been_set_as_a_secret(config: dict[str, str]) -> None:
    with pytest.raises(ConfigError) as caught:
        within_pulumi(config | {PASSWORD: "correct-horse"}, [], load_stack)
    assert f"{PASSWORD}: got a plain text (not shown), expected a secret" in str(caught.value)
    assert "correct-horse" not in str(caught.value)


def test_settings_must_not_be_secret(config: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match="mlops:workloads: got an encrypted value, expected secrets only under keys"):
        within_pulumi(config, ["mlops:workloads"], load_stack)


def test_a_secret_stays_in_pulumis_care() -> None:
    async def look() -> tuple[bool, str | None]:
        password = load_secrets().registry_database_password
        assert password is not None
        return await password.is_secret(), await password.future()

    assert within_pulumi({PASSWORD: "correct-horse"}, [PASSWORD], look) == (True, "correct-horse")


def test_no_secret_is_no_output() -> None:
    assert within_pulumi({}, [], load_secrets).registry_database_password is None
