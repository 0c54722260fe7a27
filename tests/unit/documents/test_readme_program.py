"""The program in the README declares what it says."""

from tests.recording import declare
from tests.unit.documents.pages import ROOT, Page

README = Page(ROOT / "README.md", (ROOT / "README.md").read_text(encoding="utf-8"))


def test_the_program_in_the_readme_runs() -> None:
    program, *others = [block.text for block in README.blocks if block.language == "python"]
    assert others == []

    def run() -> None:
        exec(program.replace("sha256:…", "sha256:" + "a" * 64), {})  # noqa: S102 - it is the README that is tried

    declaration = declare(run)

    assert (
        declaration.one("Deployment")
        .inputs["spec"]["template"]["spec"]["containers"][0]["image"]
        .startswith("registry.example.com/mlops/serving@sha256:")
    )
