"""What to do about a module that is missing: in a pod another than on a laptop."""

import os
from collections.abc import Mapping


def advice(missing: str, reference: str, environment: Mapping[str, str] | None = None) -> str:
    """Return what makes a missing module be there.

    Args:
        missing: The module's name, as the import's error has it.
        reference: The step graph or function that needs it, as `module:name`.
        environment: Variables; this process's own by default. MLOPS_IMAGE and MLOPS_WORKLOAD are a pod's.
    """
    variables = os.environ if environment is None else environment
    package, own = missing.partition(".")[0], reference.partition(":")[0].partition(".")[0]
    image, workload = variables.get("MLOPS_IMAGE"), variables.get("MLOPS_WORKLOAD", "WORKLOAD")
    if image is None:
        if package == own:
            return f"correct the name, or run this where {own} can be imported: in the project's folder"
        return f"add what {package} belongs to to a dependency group of pyproject.toml, then `uv sync --all-groups`"
    build = f"run `mlops build {workload} --stack …` and `pulumi up`"
    if package == own:
        return f"{build}: the image {image} was built without the package {package}"
    return (
        f"add what {package} belongs to to the dependency group training of pyproject.toml, run `uv lock`, "
        f"then {build}: the image {image} was built without it"
    )
