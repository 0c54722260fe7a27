"""Runs the offline AWS in the foreground: `python -m sandbox.aws --port 5000 --account 111111111111`."""

import argparse
import os
import signal
import sys
from collections.abc import Sequence
from types import FrameType

LOOPBACK = "127.0.0.1"


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve until it is told to end."""
    parser = argparse.ArgumentParser(
        prog="python -m sandbox.aws", description="An AWS without an account, on loopback."
    )
    parser.add_argument("--port", type=int, default=0, help="the port; any free one by default")
    parser.add_argument("--account", default="123456789012", help="the account that everything belongs to")
    parser.add_argument("--faked", action="store_true", help="print which operations are not moto's own, and end")
    options = parser.parse_args(arguments)
    # Both are read when moto is imported.
    os.environ["MOTO_ACCOUNT_ID"] = options.account
    os.environ.setdefault("MOTO_IAM_LOAD_MANAGED_POLICIES", "true")
    from sandbox.aws.server import FAKED, serve  # noqa: PLC0415 - see above

    if options.faked:
        sys.stdout.write("".join(f"- {line}\n" for line in FAKED))
        return
    signal.signal(signal.SIGTERM, _end)
    serve(LOOPBACK, options.port)


def _end(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - the form of signal handlers
    sys.exit(0)


if __name__ == "__main__":
    main()
