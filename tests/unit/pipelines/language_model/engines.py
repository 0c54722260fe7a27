"""An engine beside the server, as far as the server asks one: an HTTP server of this process, and weights for it."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

CONFIGURATION = {
    "architectures": ["LlamaForCausalLM"],
    "num_hidden_layers": 4,
    "hidden_size": 64,
    "num_attention_heads": 8,
    "num_key_value_heads": 2,
}


@dataclass
class StandIn:
    """What the engine says; a test changes it while it runs."""

    address: str = ""
    health: int = 200
    models: list[dict[str, Any]] = field(default_factory=lambda: [{"id": "poet", "max_model_len": 512}])
    answers: list[str] = field(default_factory=list)
    """Texts of the next completions; afterwards each prompt is answered by itself."""


@contextmanager
def standing_in() -> Iterator[StandIn]:
    stand_in = StandIn()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == "/health":
                self._answer(stand_in.health, {})
            else:
                self._answer(200, {"object": "list", "data": stand_in.models})

        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
            text = stand_in.answers.pop(0) if stand_in.answers else asked["prompt"].upper()
            self._answer(200, {"choices": [{"text": text}], "usage": {"completion_tokens": 1}})

        def _answer(self, status: int, document: Any) -> None:
            body = json.dumps(document).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class' name
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    stand_in.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield stand_in
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def write_weights(folder: Path, **more: str) -> Path:
    """A folder in Hugging Face's format; `more` are further files, `_` in their names for the last dot."""
    folder.mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps(CONFIGURATION))
    (folder / "tokenizer.json").write_text("{}")
    (folder / "model.safetensors").write_bytes(b"\x02\0\0\0\0\0\0\0{}" + b"\0" * 1000)
    for name, text in more.items():
        (folder / name.replace("_", ".")).write_text(text)
    return folder
