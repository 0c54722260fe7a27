"""An issuer of tokens: its keys, the tokens that it signs, and its key set over HTTP."""

import json
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

URL = "https://login.example.com/"
AUDIENCE = "flight-delay"


@dataclass
class Issuer:
    """Keys by ID. Each signs as its kind does."""

    keys: dict[str, Any] = field(default_factory=lambda: {"first": rsa_key()})

    def key_set(self, *more: Mapping[str, Any]) -> bytes:
        """The public keys, and whatever else is put among them."""
        return json.dumps({"keys": [*(public(key, kid) for kid, key in self.keys.items()), *more]}).encode()

    def token(self, kid: str = "first", *, algorithm: str | None = None, headers: Any = None, **claims: Any) -> str:
        """A token that is right but for what is said otherwise; a claim that is None is left out."""
        now = int(time.time())
        told = {"iss": URL, "aud": AUDIENCE, "sub": "shop", "iat": now, "exp": now + 300, **claims}
        known = {name: value for name, value in told.items() if value is not None}
        key = self.keys[kid]
        algorithm = algorithm or ("RS256" if isinstance(key, rsa.RSAPrivateKey) else "ES256")
        return jwt.encode(known, key, algorithm, headers={"kid": kid, **(headers or {})})


def rsa_key(bits: int = 2048) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, bits)


def ec_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def public(key: Any, kid: str, **more: Any) -> dict[str, Any]:
    """A key of the set."""
    of_kind = RSAAlgorithm if isinstance(key, rsa.RSAPrivateKey) else ECAlgorithm
    return {**of_kind.to_jwk(key.public_key(), as_dict=True), "kid": kid, "use": "sig", **more}


@dataclass
class KeySetServer:
    """The key set's address, what it answers, and how often it was asked."""

    url: str
    issuer: Issuer
    is_down: bool = False
    asked: int = 0


@contextmanager
def serving(issuer: Issuer) -> Iterator[KeySetServer]:
    """Serve an issuer's key set on a port of this machine."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            told.asked += 1
            body = told.issuer.key_set()
            self.send_response(503 if told.is_down else 200)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        told = KeySetServer(f"http://127.0.0.1:{server.server_port}/jwks.json", issuer)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield told
        finally:
            server.shutdown()
            thread.join()
