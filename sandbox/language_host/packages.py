"""Which Pulumi packages a Python has installed, and so which provider plugins its programs may need."""

import json
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from .options import Interpreter

# Run by the program's own Python, with nothing but the standard library. Reading one folder per path entry is some
# ten times faster than asking importlib.metadata for every file of every distribution.
_PROBE = """
import json, os, sys

def metadata_version(folder, package):
    for entry in os.listdir(folder):
        name, dash, rest = entry.partition("-")
        if dash and rest.endswith(".dist-info") and name.lower().replace("-", "_") == package.lower():
            return rest[: -len(".dist-info")]

found = {}
for folder in (entry or "." for entry in sys.path):
    try:
        packages = os.listdir(folder)
    except OSError:
        continue
    for package in packages:
        try:
            with open(os.path.join(folder, package, "pulumi-plugin.json"), encoding="utf-8") as file:
                described = json.load(file)
        except (OSError, ValueError):
            continue
        described.setdefault("version", metadata_version(folder, package))
        found.setdefault(package, described)
print(json.dumps(found))
"""


@dataclass(frozen=True)
class RequiredPlugin:
    """A resource provider that an installed package stands for.

    Attributes:
        name: For example "kubernetes".
        version: With a leading "v"; empty when the package names none.
        server: Where to download it from; empty for Pulumi's own place.
    """

    name: str
    version: str
    server: str


def required_plugins(interpreter: Interpreter, environment: Mapping[str, str], cwd: Path) -> list[RequiredPlugin]:
    """List the provider plugins of the packages that an interpreter can import, sorted by name.

    Raises:
        RuntimeError: The interpreter does not run.
    """
    try:
        answer = subprocess.run(
            [str(interpreter.executable), "-c", _PROBE],
            env=interpreter.environment(environment),
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=True,
        )
    except subprocess.CalledProcessError as error:
        reason = error.stderr.decode(errors="replace").strip()
        raise RuntimeError(f"{interpreter.executable} cannot list its packages: {reason}") from error
    return plugins_of(json.loads(answer.stdout))


def plugins_of(described: Mapping[str, Mapping[str, object]]) -> list[RequiredPlugin]:
    """Turn packages' pulumi-plugin.json documents, by import name, into plugins."""
    plugins = [
        RequiredPlugin(
            name=str(document.get("name") or package.removeprefix("pulumi_").replace("_", "-")),
            version=_plugin_version(document.get("version")),
            server=str(document.get("server") or ""),
        )
        for package, document in described.items()
        if document.get("resource")
    ]
    return sorted(plugins, key=lambda plugin: plugin.name)


def obtainable(plugins: Iterable[RequiredPlugin], environment: Mapping[str, str]) -> list[RequiredPlugin]:
    """Leaves out the plugins that are not installed and that the engine may not download.

    Args:
        plugins: What installed packages stand for; programs need not use all of them.
        environment: With PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION, PULUMI_HOME and PATH.

    Returns:
        All of them where downloads are allowed. A program that needs one which is left out fails when it asks for it.
    """
    if environment.get("PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION", "").lower() not in ("1", "true"):
        return list(plugins)
    home = Path(environment.get("PULUMI_HOME") or Path.home() / ".pulumi") / "plugins"
    return [
        plugin
        for plugin in plugins
        if (home / f"resource-{plugin.name}-{plugin.version}").is_dir()
        or shutil.which(f"pulumi-resource-{plugin.name}", path=environment.get("PATH"))
    ]


def _plugin_version(version: object) -> str:
    return f"v{str(version).removeprefix('v')}" if version else ""
