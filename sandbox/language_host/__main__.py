"""Started by the engine as `pulumi-language-python [flags] ENGINE`."""

import argparse
import importlib.util
import sys
import types
from pathlib import Path


def main() -> None:
    """Read the engine's arguments and serve."""
    parser = argparse.ArgumentParser(prog="pulumi-language-python", description=__doc__)
    parser.add_argument("--executor", type=Path, required=True, help="the SDK's pulumi-language-python-exec")
    parser.add_argument("--version", required=True, help="the version to report to the engine")
    parser.add_argument("engine", nargs="?", default="", help="address of the engine; the handshake may bring it later")
    arguments, _ = parser.parse_known_args()
    _use_stubs_alone()
    from .server import serve  # noqa: PLC0415 - only now can the stubs be imported on their own

    serve(arguments.engine, arguments.executor, arguments.version)


def _use_stubs_alone() -> None:
    """Make the SDK's protocol stubs importable without running the SDK, which takes several times as long."""
    specification = importlib.util.find_spec("pulumi")
    if specification is None or specification.submodule_search_locations is None or "pulumi" in sys.modules:
        return
    root = Path(next(iter(specification.submodule_search_locations)))
    for name in ("pulumi", "pulumi.runtime", "pulumi.runtime.proto"):
        package = types.ModuleType(name)
        package.__path__ = [str(root.joinpath(*name.split(".")[1:]))]
        sys.modules[name] = package


if __name__ == "__main__":
    main()
