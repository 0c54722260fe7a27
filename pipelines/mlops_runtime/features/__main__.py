"""`python -m mlops_runtime.features`: serves lookups, and brings rows online. Both run Feast."""

import argparse
import json
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from mlops_runtime.features import feast_store
from mlops_runtime.features.definition import FeatureStoreDefinition
from mlops_runtime.features.errors import FeatureDefinitionError

REGISTRY_FILE = "registry.db"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; return the exit code: 0, or 2 where the definition is refused."""
    options = _parser().parse_args(arguments)
    try:
        document = json.loads(options.definition.read_text(encoding="utf-8"))
        definition = FeatureStoreDefinition.from_document(document)
    except (OSError, json.JSONDecodeError, FeatureDefinitionError) as error:
        sys.stderr.write(f"{options.definition}: {error}\n")
        return 2
    password = options.redis_password_file
    redis = feast_store.RedisAddress(
        host_and_port=options.redis,
        password="" if password is None else password.read_text(encoding="utf-8").rstrip("\n"),
    )
    if options.command == "serve":
        from mlops_runtime.features.serve import serve  # noqa: PLC0415 - each command imports what it needs

        registry = options.progress / REGISTRY_FILE
        ports = {"port": options.port, "metrics_port": options.metrics_port}
        serve(options.store, definition, redis, registry=registry, **ports)
        return 0
    from mlops_runtime.features.materialise import materialise  # noqa: PLC0415 - as above

    store = feast_store.open_store(options.store, redis, options.progress / REGISTRY_FILE)
    feast_store.apply(store, definition, feast_store.located(options.claims))
    now = datetime.now(UTC) if options.now is None else options.now
    materialise(store, definition, now=now, lateness=timedelta(hours=options.lateness_hours))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m mlops_runtime.features", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    serving = commands.add_parser("serve", help="look features up by key")
    serving.add_argument("--port", type=int, default=6566)
    serving.add_argument("--metrics-port", type=int, default=8000)
    running = commands.add_parser("materialise", help="bring new rows online")
    running.add_argument("--claims", type=Path, help="folder below which each PersistentVolumeClaim is mounted")
    running.add_argument("--lateness-hours", type=int, default=24)
    running.add_argument("--now", type=_moment, help="up to when, in ISO 8601; by default the present")
    for command in (serving, running):
        command.add_argument("--store", required=True, help="the store's name")
        command.add_argument("--definition", type=Path, required=True, help="file with the definition's document")
        command.add_argument("--redis", required=True, help="host:port of Redis")
        command.add_argument("--redis-password-file", type=Path)
    serving.add_argument("--progress", type=Path, default=Path("/tmp/feast"), help="folder of Feast's registry")  # noqa: S108 - a pod's own
    running.add_argument("--progress", type=Path, required=True, help="folder of Feast's registry, which is kept")
    return parser


def _moment(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


if __name__ == "__main__":
    sys.exit(main())
