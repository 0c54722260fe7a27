"""`python -m mlops_runtime.monitoring report` and `… serve`: what predictions show, once or on an interval."""

import argparse
import logging
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from mlops_runtime.artifact import ArtifactError
from mlops_runtime.monitoring.errors import MonitoringError
from mlops_runtime.serving.contract import ContractError


def main(arguments: Sequence[str] | None = None) -> int:
    """Do as the command line says; return the exit code: 2 where something given is wrong, 1 where it failed."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    options = parser().parse_args(given)
    code: int = options.run(options, given[1:])
    return code


def report(options: argparse.Namespace, _: Sequence[str]) -> int:
    """Make one report."""
    from mlops_runtime.monitoring.command import write_report  # noqa: PLC0415 - pandas is slow to import
    from mlops_runtime.monitoring.findings import FindingState  # noqa: PLC0415

    try:
        made = write_report(options)
    except (MonitoringError, ContractError, ArtifactError) as error:
        print(f"monitoring: {error}", file=sys.stderr, flush=True)
        return 2
    except (OSError, MemoryError) as error:
        got = f"{type(error).__name__} {error}".rstrip()
        fix = "lower --rows-max, or give more"
        print(f"monitoring: got {got}, expected room for the rows, fix: {fix}", file=sys.stderr, flush=True)
        return 1
    counts = ", ".join(f"{made.count(state)} {state.value}" for state in FindingState)
    print(f"{made.state.value}: {made.window.rows} rows, {counts}; {options.output}", flush=True)
    return 0


def serve(options: argparse.Namespace, given: Sequence[str]) -> int:
    """Serve the newest report and its metrics until the process is told to stop."""
    from mlops_runtime.monitoring.exporter import ReportCollector  # noqa: PLC0415
    from mlops_runtime.monitoring.serve import REPORT_FILE_NAME, Recomputing, server_of  # noqa: PLC0415

    logging.basicConfig(level=logging.INFO, format="%(message)s")
    collector = ReportCollector(options.output / REPORT_FILE_NAME, options.name, options.version)
    server = server_of(options.port, options.output, collector)
    recomputing = Recomputing(
        without_serving(given), collector, options.interval_seconds, options.report_timeout_seconds
    )
    recomputing.start()

    def stop(_signal: int, _frame: object) -> None:
        raise SystemExit(0)

    signal.signal(signal.SIGTERM, stop)
    try:
        server.serve_forever()
    finally:
        recomputing.stopping.set()
        server.server_close()
    return 0


SERVING = ("--port", "--interval-seconds", "--report-timeout-seconds")


def without_serving(given: Sequence[str]) -> list[str]:
    """Return a command line without the options that only `serve` has."""
    kept, skips = [], False
    for word in given:
        name, has_value, _ = word.partition("=")
        if not skips and name not in SERVING:
            kept.append(word)
        skips = not skips and name in SERVING and not has_value
    return kept


def parser() -> argparse.ArgumentParser:
    """Return what reads the command line."""
    made = argparse.ArgumentParser(description="What a model's predictions show.", allow_abbrev=False)
    commands = made.add_subparsers(required=True)
    once = commands.add_parser("report", help="write report.json and report.html", allow_abbrev=False)
    once.set_defaults(run=report)
    always = commands.add_parser("serve", help="do so on an interval, and serve the metrics", allow_abbrev=False)
    always.set_defaults(run=serve)
    always.add_argument("--port", type=int, default=9090, help="of /metrics and /report (default: 9090)")
    always.add_argument("--interval-seconds", type=float, default=300.0, help="between two reports (default: 300)")
    always.add_argument(
        "--report-timeout-seconds", type=float, default=600.0, help="a report that takes longer failed (default: 600)"
    )
    for command in (once, always):
        _add_inputs(command)
        _add_bounds(command)
    return made


def _add_inputs(command: argparse.ArgumentParser) -> None:
    command.add_argument("--payloads", required=True, help="a folder, or s3://bucket/prefix")
    command.add_argument("--labels", help="a folder, or s3://bucket/prefix (default: no labels)")
    command.add_argument("--model", type=Path, required=True, help="the version's files, as `fetch` leaves them")
    command.add_argument("--name", required=True, help="the registered model's name")
    command.add_argument("--version", required=True, help="the registered version")
    command.add_argument("--digest", help="the digest that the version's files must have: sha256:…")
    command.add_argument("--output", type=Path, required=True, help="a folder for report.json and report.html")
    command.add_argument("--until", type=_moment, help="the window's end, as ISO 8601 (default: now)")


def _add_bounds(command: argparse.ArgumentParser) -> None:
    command.add_argument("--thresholds", type=Path, help="a JSON file of thresholds (default: the usual ones)")
    command.add_argument("--window-hours", type=float, default=24.0, help="what is judged (default: 24)")
    command.add_argument("--history-days", type=float, default=28.0, help="what the pictures show (default: 28)")
    command.add_argument("--lateness-hours", type=float, default=72.0, help="how late a label counts (default: 72)")
    command.add_argument(
        "--group", action="append", default=[], help="an input to tell errors apart by; may be repeated"
    )
    command.add_argument("--sampling-percent", type=float, default=100.0, help="the payload log's (default: 100)")
    command.add_argument("--rows-max", type=int, default=200_000, help="rows read; of more, a sample (default: 200000)")
    command.add_argument("--memory-mib", type=int, help="the most memory that a report may take (default: any)")
    command.add_argument("--cost-per-replica-hour", type=float, help="what a replica costs in an hour (default: none)")
    command.add_argument("--replicas", type=float, default=1.0, help="how many there are on the mean (default: 1)")
    command.add_argument("--currency", default="USD", help="of the cost (default: USD)")


def _moment(text: str) -> object:
    from mlops_runtime.monitoring.command import moment  # noqa: PLC0415

    return moment(text)


if __name__ == "__main__":
    sys.exit(main())
