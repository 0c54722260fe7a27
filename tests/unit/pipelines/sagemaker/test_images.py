import importlib.util
import subprocess
import sys

import pytest

from pulumi_mlops.image import definitions
from pulumi_mlops.image.dockerfile import parse
from tests.unit.pipelines.sagemaker.containers import REPOSITORY

FORBIDDEN = {"pulumi", "pulumi_mlops", "boto3", "botocore", "sagemaker"}


def loaded_by(module: str) -> set[str]:
    """The top-level modules that are loaded once a module is imported."""
    program = f"import sys, {module}; print(*{{name.partition('.')[0] for name in sys.modules}})"
    result = subprocess.run([sys.executable, "-W", "ignore", "-c", program], capture_output=True, text=True, check=True)
    return set(result.stdout.split())


@pytest.mark.parametrize(("image", "command"), [("pipeline", "train"), ("serving", "serve")])
def test_sagemakers_command_is_on_the_images_path(image: str, command: str) -> None:
    instructions = parse(definitions.dockerfile_of(image, REPOSITORY).read_text())
    copied = {each.arguments for each in instructions if each.keyword == "COPY"}
    environment = next(each.arguments for each in instructions if each.keyword == "ENV")

    assert f"--chmod=755 mlops/{command} /usr/local/bin/" in copied
    assert "/usr/local/bin" in environment.split()[0].removeprefix("PATH=").split(":")
    # An entry point would get the command as its argument.
    assert not [each for each in instructions if each.keyword == "ENTRYPOINT"]


@pytest.mark.parametrize("module", ["training", "processing"])
def test_a_job_needs_neither_pulumi_nor_aws_nor_a_server(module: str) -> None:
    loaded = loaded_by(f"mlops_runtime.sagemaker.{module}")

    assert loaded & {*FORBIDDEN, "kserve", "orjson", "uvicorn", "mlflow", "pandas"} == set()


@pytest.mark.skipif(not importlib.util.find_spec("kserve"), reason="KServe has no release for this Python yet")
def test_the_server_needs_neither_pulumi_nor_aws() -> None:
    loaded = loaded_by("mlops_runtime.sagemaker.serving")

    assert "kserve" in loaded
    assert loaded & FORBIDDEN == set()
