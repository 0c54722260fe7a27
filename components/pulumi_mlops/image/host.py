"""What a build needs to know of the host to reach its package index; none of it may stay in an image.

The Dockerfiles mount it as build secrets, which leave no trace in a layer or in the image's configuration.
"""

import configparser
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pulumi_mlops._shared.files import write_atomically

CERTIFICATES_MOUNT = "/run/certificates.pem"
"""Where the Dockerfiles mount the host's certificate authorities."""

_PIP_SETTINGS = ("index-url", "extra-index-url", "trusted-host", "proxy", "default-timeout", "timeout", "retries")
_CERTIFICATE_VARIABLES = ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE")
_PROXY_VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy")


@dataclass(frozen=True)
class HostSettings:
    """How this host reaches its package index.

    Attributes:
        pip: Settings of pip's `[global]` section, credentials perhaps among them.
        certificates: File of the certificate authorities that the host trusts; None when it names none.
        proxies: Names of the proxy variables that are set.
    """

    pip: tuple[tuple[str, str], ...]
    certificates: Path | None
    proxies: tuple[str, ...]

    def write_secrets(self, folder: Path) -> dict[str, Path]:
        """Write what is to be mounted during a build.

        Args:
            folder: A private folder that the caller removes after the build.

        Returns:
            Files by the id that the Dockerfiles mount them under; empty on a host with nothing special.
        """
        secrets = {}
        settings = dict(self.pip)
        if self.certificates is not None:
            secrets["certificates"] = self.certificates
            settings["cert"] = CERTIFICATES_MOUNT
        if settings:
            lines = ["[global]", *(f"{name} = {value}" for name, value in sorted(settings.items()))]
            file = folder / "pip.conf"
            # Readable to the build alone: the folder above it is private.
            write_atomically(file, "\n".join(lines) + "\n", mode=0o600)
            secrets["pip-configuration"] = file
        return secrets


def read_settings(environment: Mapping[str, str] | None = None, files: Sequence[Path] | None = None) -> HostSettings:
    """Read the settings from pip's files and variables; a variable wins over a file, as it does for pip.

    Args:
        environment: Variables; this process's own by default.
        files: Configuration files of pip, the weightiest last; those of the machine and the user by default.
    """
    variables = os.environ if environment is None else environment
    in_files = _read_files(_pip_files(variables) if files is None else files)
    pip = {name: value for name in _PIP_SETTINGS if (value := in_files.get(name))}
    for name in _PIP_SETTINGS:
        if value := variables.get(f"PIP_{name.upper().replace('-', '_')}"):
            pip[name] = value
    named = [variables.get("PIP_CERT"), in_files.get("cert"), *map(variables.get, _CERTIFICATE_VARIABLES)]
    certificates = next((path for value in named if value and (path := Path(value)).is_file()), None)
    return HostSettings(
        pip=tuple(sorted(pip.items())),
        certificates=certificates,
        proxies=tuple(name for name in _PROXY_VARIABLES if variables.get(name)),
    )


def _pip_files(variables: Mapping[str, str]) -> list[Path]:
    home = Path.home()
    files = [Path("/etc/pip.conf"), home / ".pip" / "pip.conf", home / ".config" / "pip" / "pip.conf"]
    return [*files, Path(named)] if (named := variables.get("PIP_CONFIG_FILE")) else files


def _read_files(files: Sequence[Path]) -> dict[str, str]:
    parser = configparser.RawConfigParser()
    parser.read([file for file in files if file.is_file()], encoding="utf-8")
    if not parser.has_section("global"):
        return {}
    return {name: " ".join(value.split()) for name, value in parser.items("global")}
