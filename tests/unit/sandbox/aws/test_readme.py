from pathlib import Path

from sandbox import aws
from sandbox.aws.server import FAKED


def test_the_readme_lists_everything_that_is_not_motos_own() -> None:
    text = Path(str(aws.__file__)).with_name("README.md").read_text()
    listed = [line.removeprefix("- ") for line in text.splitlines() if line.startswith("- ")]
    assert listed == list(FAKED)
