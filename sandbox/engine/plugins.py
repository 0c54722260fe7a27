"""Provider plugins in the sandbox's own PULUMI_HOME: the official one where it can be had, else the sandbox's."""

import importlib.metadata
import io
import json
import tarfile
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from sandbox import paths
from sandbox.commands import CommandError, run
from sandbox.engine.engine import Engine
from sandbox.engine.launcher import copied_code, launcher_text
from sandbox.engine.libraries import plugin_runtime
from sandbox.errors import SandboxError
from sandbox.files import exclusive, write_atomically
from sandbox.progress import step

_DOWNLOAD_SECONDS = 20.0
_INSTALL_SECONDS = 120.0
_REFUSAL_VALID_SECONDS = 7 * 24 * 3600.0
_OWN_MARK = "sandbox-plugin.json"


@dataclass(frozen=True)
class Provider:
    """A provider plugin that the sandbox can stand in for.

    Attributes:
        name: The plugin's name, such as "kubernetes".
        sdk: The distribution of its Python SDK, whose version the plugin must have.
        packages: The packages of the sandbox that the stand-in consists of, relative to `sandbox/`.
        module: What runs the stand-in.
    """

    name: str
    sdk: str
    packages: tuple[str, ...]
    module: str

    @property
    def version(self) -> str:
        """The installed SDK's version, without a leading "v".

        Raises:
            SandboxError: The SDK is not installed.
        """
        try:
            return importlib.metadata.version(self.sdk)
        except importlib.metadata.PackageNotFoundError as error:
            raise SandboxError(f"{self.sdk}: not installed", "run `uv sync --all-packages --all-extras`") from error

    @property
    def executable(self) -> Path:
        """Where the engine looks for the plugin."""
        return (
            paths.pulumi_home() / "plugins" / f"resource-{self.name}-v{self.version}" / f"pulumi-resource-{self.name}"
        )


KUBERNETES = Provider(
    name="kubernetes",
    sdk="pulumi-kubernetes",
    packages=("plugins/kubernetes", "plugins/protocol"),
    module="sandbox.plugins.kubernetes",
)

AWS = Provider(
    name="aws",
    sdk="pulumi-aws",
    packages=("plugins/aws", "plugins/protocol"),
    module="sandbox.plugins.aws",
)

PROVIDERS = (KUBERNETES, AWS)


@dataclass(frozen=True)
class InstalledPlugin:
    """A plugin that is ready.

    Attributes:
        name: Such as "kubernetes".
        version: Without a leading "v".
        is_official: Whether it is Pulumi's own; else the sandbox's stand-in.
    """

    name: str
    version: str
    is_official: bool


def install_plugins(engine: Engine, providers: tuple[Provider, ...] = PROVIDERS) -> list[InstalledPlugin]:
    """Installs the provider plugins. Quick when all are current.

    Args:
        engine: What installs them.
        providers: Which ones.

    Raises:
        SandboxError: One cannot be installed.
    """
    with exclusive(paths.claim(paths.state_root()) / "locks" / "plugins", "installing Pulumi's plugins"):
        return [_install(engine, provider) for provider in providers]


def downloads_are_refused() -> bool:
    """Tells whether a download of an official plugin was tried and refused; others will be refused as well."""
    return any(_refusal(provider).is_file() for provider in PROVIDERS)


def _install(engine: Engine, provider: Provider) -> InstalledPlugin:
    mark = provider.executable.with_name(_OWN_MARK)
    is_official = provider.executable.is_file() and not mark.is_file()
    if not is_official and not _is_refused(provider):
        is_official = _download(engine, provider)
    if not is_official:
        _install_own(engine, provider)
    return InstalledPlugin(name=provider.name, version=provider.version, is_official=is_official)


def _download(engine: Engine, provider: Provider) -> bool:
    """Try once to install the official plugin, and remembers a refusal for a week."""
    with step(f"download Pulumi's plugin {provider.name} {provider.version}") as current:
        try:
            _plugin_install(engine, provider, ["--reinstall"], _DOWNLOAD_SECONDS)
        except CommandError as error:
            current.note("cannot be had, the sandbox's own takes its place")
            refusal = {"at_unix_seconds": time.time(), "reason": error.problem.strip().splitlines()[-1].strip()}
            write_atomically(_refusal(provider), json.dumps(refusal, indent=2) + "\n")
            return False
    return True


def _install_own(engine: Engine, provider: Provider) -> None:
    text = launcher_text(plugin_runtime(), copied_code(provider.packages), provider.module)
    if provider.executable.is_file() and provider.executable.read_text(encoding="utf-8") == text:
        return
    with (
        step(f"install the sandbox's plugin {provider.name} {provider.version}"),
        tempfile.TemporaryDirectory(prefix="pulumi-plugin-") as temporary,
    ):
        archive = Path(temporary) / "plugin.tar.gz"
        with tarfile.open(archive, "w:gz") as tar:
            _add(tar, provider.executable.name, text, 0o755)
            _add(tar, _OWN_MARK, json.dumps({"module": provider.module}) + "\n", 0o644)
        _plugin_install(engine, provider, ["--file", str(archive), "--reinstall"], _INSTALL_SECONDS)
        if not provider.executable.is_file():
            raise SandboxError(f"{provider.executable}: got no file, expected it after `pulumi plugin install`")


def _plugin_install(engine: Engine, provider: Provider, flags: list[str], timeout_seconds: float) -> None:
    run(
        [engine.pulumi, "plugin", "install", "resource", provider.name, f"v{provider.version}", *flags],
        environment={"PULUMI_HOME": str(paths.pulumi_home()), "PULUMI_SKIP_UPDATE_CHECK": "1"},
        timeout_seconds=timeout_seconds,
    )


def _add(tar: tarfile.TarFile, name: str, text: str, mode: int) -> None:
    data = text.encode()
    entry = tarfile.TarInfo(name)
    entry.size = len(data)
    entry.mode = mode
    tar.addfile(entry, io.BytesIO(data))


def _refusal(provider: Provider) -> Path:
    return paths.state_root() / "plugin-downloads" / f"{provider.name}-{provider.version}.json"


def _is_refused(provider: Provider) -> bool:
    """Tells whether a refusal is remembered; one that is too old or unreadable is forgotten."""
    try:
        at = float(json.loads(_refusal(provider).read_text(encoding="utf-8"))["at_unix_seconds"])
    except (OSError, ValueError, KeyError, TypeError):
        return False
    if time.time() - at < _REFUSAL_VALID_SECONDS:
        return True
    _refusal(provider).unlink(missing_ok=True)
    return False
