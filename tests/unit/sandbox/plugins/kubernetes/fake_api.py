"""A small server that answers as an API server would."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

KUBECONFIG = """
current-context: c
clusters: [{name: c, cluster: {server: "http://127.0.0.1:PORT"}}]
contexts: [{name: c, context: {cluster: c, user: u, namespace: flights}}]
users: [{name: u, user: {token: sesame}}]
"""
Answer = tuple[int, dict[str, Any], dict[str, str]]


class Api(BaseHTTPRequestHandler):
    """Answers from a list of answers for each method and path; the last one stays."""

    answers: ClassVar[dict[str, list[Answer]]] = {}
    seen: ClassVar[list[tuple[str, dict[str, str], bytes]]] = []

    def answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        key = f"{self.command} {self.path.partition('?')[0]}"
        self.seen.append((f"{self.command} {self.path}", dict(self.headers), body))
        answers = self.answers.get(key) or [(404, {"message": f"{key}: nothing here", "reason": "NotFound"}, {})]
        status, document, headers = answers.pop(0) if len(answers) > 1 else answers[0]
        data = json.dumps(document).encode()
        self.send_response(status)
        for name, value in {"Content-Length": str(len(data)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_POST = do_PATCH = do_DELETE = answer  # noqa: N815 - the server's names

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the server's name
        pass


def serve() -> Iterator[str]:
    """Serves for as long as the fixture lives that this is the generator of; yields a kubeconfig."""
    Api.answers, Api.seen = {}, []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Api)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield KUBECONFIG.replace("PORT", str(server.server_address[1]))
    server.shutdown()
    thread.join()
    server.server_close()
