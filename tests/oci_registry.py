"""A registry of images on this machine, by the OCI distribution specification 1.1: with tokens, and with digests held.

It takes no blob whose content is not its digest, and no manifest whose blobs it has not. It answers nobody without a
token (https://distribution.github.io/distribution/spec/auth/token/).
"""

import base64
import contextlib
import hashlib
import json
import re
import secrets
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

USER, PASSWORD = "pusher", "a pass-word: with signs!"
_BLOB = re.compile(r"/v2/(?P<name>.+)/blobs/(?P<digest>sha256:[0-9a-f]{64})")
_UPLOAD = re.compile(r"/v2/(?P<name>.+)/blobs/uploads/(?P<id>[0-9a-f]*)")
_MANIFEST = re.compile(r"/v2/(?P<name>.+)/manifests/(?P<reference>[^/]+)")


@dataclass
class Held:
    """What a registry holds.

    Attributes:
        blobs: Content by digest.
        manifests: Media type and content by repository and digest.
        tags: Digest by repository and tag.
        uploads: Digests of the blobs that were sent, in their order.
        requests: Every request's first line and headers.
    """

    blobs: dict[str, bytes] = field(default_factory=dict)
    manifests: dict[tuple[str, str], tuple[str, bytes]] = field(default_factory=dict)
    tags: dict[tuple[str, str], str] = field(default_factory=dict)
    uploads: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    partial: dict[str, bytes] = field(default_factory=dict)
    tokens: set[str] = field(default_factory=set)

    def manifest(self, repository: str, digest: str) -> dict[str, Any]:
        """Return a manifest that was pushed."""
        document: dict[str, Any] = json.loads(self.manifests[repository, digest][1])
        return document


@dataclass(frozen=True)
class Registry:
    """A registry that runs: its host with its port, and what it holds."""

    host: str
    held: Held


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    held: ClassVar[Held]

    def handle_one(self) -> None:
        size = int(self.headers.get("Content-Length") or 0)
        # Go's client sends a blob whose size it does not know in chunks.
        body = self._chunks() if self.headers.get("Transfer-Encoding") == "chunked" else self.rfile.read(size)
        self.held.requests.append(f"{self.requestline} {dict(self.headers)}")
        path, query = urlsplit(self.path).path, parse_qs(urlsplit(self.path).query)
        if path == "/token":
            self._token()
        elif self.headers.get("Authorization", "").removeprefix("Bearer ") not in self.held.tokens:
            challenge = f'Bearer realm="http://{self.headers["Host"]}/token",service="registry"'
            self._fail(401, "UNAUTHORIZED", {"WWW-Authenticate": challenge})
        elif path == "/v2/":
            self._answer(200, b"{}")
        elif found := _UPLOAD.fullmatch(path):
            self._upload(found["name"], found["id"], query, body)
        elif found := _BLOB.fullmatch(path):
            blob = self.held.blobs.get(found["digest"])
            digest = {"Docker-Content-Digest": found["digest"]}
            self._fail(404, "BLOB_UNKNOWN") if blob is None else self._answer(200, blob, digest)
        elif found := _MANIFEST.fullmatch(path):
            self._manifest(found["name"], found["reference"], body)
        else:
            self._fail(404, "UNSUPPORTED")

    do_GET = do_HEAD = do_POST = do_PATCH = do_PUT = handle_one  # noqa: N815 - the server's names

    def _token(self) -> None:
        kind, _, text = self.headers.get("Authorization", "").partition(" ")
        if kind != "Basic" or base64.b64decode(text).decode() != f"{USER}:{PASSWORD}":
            self._fail(401, "UNAUTHORIZED")
            return
        token = secrets.token_hex(8)
        self.held.tokens.add(token)
        self._answer(200, json.dumps({"token": token}).encode())

    def _upload(self, name: str, identity: str, query: dict[str, list[str]], body: bytes) -> None:
        if self.command == "POST":
            identity = secrets.token_hex(8)
            self.held.partial[identity] = b""
        if identity not in self.held.partial:
            self._fail(404, "BLOB_UPLOAD_UNKNOWN")
            return
        self.held.partial[identity] += body
        place = {"Location": f"/v2/{name}/blobs/uploads/{identity}"}
        if self.command != "PUT":
            self._answer(202, b"", {**place, "Range": f"0-{max(0, len(self.held.partial[identity]) - 1)}"})
            return
        blob, (digest,) = self.held.partial.pop(identity), query["digest"]
        if digest != _digest(blob):
            self._fail(400, "DIGEST_INVALID")
            return
        self.held.blobs[digest] = blob
        self.held.uploads.append(digest)
        self._answer(201, b"", {"Location": f"/v2/{name}/blobs/{digest}", "Docker-Content-Digest": digest})

    def _manifest(self, name: str, reference: str, body: bytes) -> None:
        is_digest = reference.startswith("sha256:")
        if self.command == "PUT":
            digest, document = _digest(body), json.loads(body)
            blobs = [part["digest"] for part in (document["config"], *document["layers"])]
            if (is_digest and reference != digest) or self.headers["Content-Type"] != document["mediaType"]:
                self._fail(400, "MANIFEST_INVALID")
            elif any(blob not in self.held.blobs for blob in blobs):
                self._fail(400, "MANIFEST_BLOB_UNKNOWN")
            else:
                self.held.manifests[name, digest] = (document["mediaType"], body)
                if not is_digest:
                    self.held.tags[name, reference] = digest
                self._answer(201, b"", {"Docker-Content-Digest": digest})
            return
        digest = reference if is_digest else self.held.tags.get((name, reference), "")
        found = self.held.manifests.get((name, digest))
        if found is None:
            self._fail(404, "MANIFEST_UNKNOWN")
        else:
            self._answer(200, found[1], {"Content-Type": found[0], "Docker-Content-Digest": digest})

    def _chunks(self) -> bytes:
        body = b""
        while size := int(self.rfile.readline().partition(b";")[0], 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def _fail(self, status: int, code: str, headers: dict[str, str] | None = None) -> None:
        errors = {"errors": [{"code": code, "message": code.lower().replace("_", " ")}]}
        self._answer(status, json.dumps(errors).encode(), headers)

    def _answer(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        given = {"Content-Type": "application/json", **(headers or {}), "Content-Length": str(len(body))}
        for name, value in given.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


def _digest(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


@contextlib.contextmanager
def serve() -> Iterator[Registry]:
    """Serve an empty registry on this machine alone."""
    held = Held()
    handler = type("Handler", (_Handler,), {"held": held})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    try:
        yield Registry(f"127.0.0.1:{server.server_address[1]}", held)
    finally:
        server.shutdown()
        server.server_close()
