import atexit
import gc
import io
import sys

from pulumi_mlops.cli.extras import missing_extra


def main() -> None:
    """Run the command `mlops`, or tell which extra of the package it lacks."""
    # The memory goes with the process: nobody need look for garbage in it at the end.
    atexit.register(gc.freeze)
    for stream in (sys.stdout, sys.stderr):
        # A terminal or a file that has no ✓ shows its code: a command never fails of what it says.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        from pulumi_mlops.cli.app import app  # noqa: PLC0415 - only after this can its absence be told

        app()
    except ModuleNotFoundError as error:
        extra = missing_extra(error)
        if extra is None:
            raise
        sys.stderr.write(
            f"mlops: got no module {error.name}, expected the extra {extra}, fix: pip install 'pulumi-mlops[{extra}]'\n"
        )
        raise SystemExit(2) from None


if __name__ == "__main__":
    main()
