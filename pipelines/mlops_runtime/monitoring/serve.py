"""Serves the newest report and its metrics, and has a process of its own make a new one on an interval.

What reads payloads and computes lives in that process: its memory is free again when it ends, and what kills it (too
much data, a hang) leaves the metrics there, with the time of the last success that an alarm watches.
"""

import logging
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest

from mlops_runtime.monitoring.exporter import ReportCollector

logger = logging.getLogger(__name__)

REPORT_FILE_NAME = "report.json"
PAGE_FILE_NAME = "report.html"


class Recomputing(threading.Thread):
    """Makes a report now, and then on an interval.

    Attributes:
        stopping: Ends it, once set.
    """

    def __init__(
        self, arguments: Sequence[str], collector: ReportCollector, interval_seconds: float, timeout_seconds: float
    ) -> None:
        super().__init__(name="recomputing", daemon=True)
        self.stopping = threading.Event()
        self._command = [sys.executable, "-m", "mlops_runtime.monitoring", "report", *arguments]
        self._collector = collector
        self._interval_seconds = interval_seconds
        self._timeout_seconds = timeout_seconds

    def run(self) -> None:
        """Make reports until it is stopped."""
        while not self.stopping.is_set():
            self.make_report()
            self.stopping.wait(self._interval_seconds)

    def make_report(self) -> None:
        """Make one report, and keep count of how it ended."""
        try:
            ended = subprocess.run(
                self._command, check=False, capture_output=True, text=True, timeout=self._timeout_seconds
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            self._failed(str(error))
            return
        if ended.returncode:
            self._failed(f"exit code {ended.returncode}: {ended.stderr.strip()[-2000:]}")
            return
        self._collector.last_success = time.time()
        logger.info("%s", ended.stdout.strip())

    def _failed(self, reason: str) -> None:
        self._collector.failures += 1
        logger.error("no report: %s", reason)


def server_of(port: int, folder: Path, collector: ReportCollector) -> ThreadingHTTPServer:
    """Return a server of `/metrics`, `/report` (the page), `/report.json` and `/healthz`; port 0 chooses one."""
    registry = CollectorRegistry()
    registry.register(collector)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            if path == "/metrics":
                self._answer(200, CONTENT_TYPE_PLAIN_0_0_4, generate_latest(registry))
            elif path == "/healthz":
                self._answer(200, "text/plain; charset=utf-8", b"ok\n")
            elif path in ("/", "/report"):
                self._file(folder / PAGE_FILE_NAME, "text/html; charset=utf-8")
            elif path == "/report.json":
                self._file(folder / REPORT_FILE_NAME, "application/json")
            else:
                self._answer(404, "text/plain; charset=utf-8", b"there is /metrics, /report, /report.json, /healthz\n")

        def _file(self, path: Path, content_type: str) -> None:
            try:
                content = path.read_bytes()
            except OSError:
                self._answer(503, "text/plain; charset=utf-8", b"there is no report yet\n")
                return
            self._answer(200, content_type, content)

        def _answer(self, status: int, content_type: str, content: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
            logger.debug(format, *args)

    return ThreadingHTTPServer(("", port), Handler)
