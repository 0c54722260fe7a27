"""The platform of a small stack on Kubernetes, as a stack file has it."""

from typing import Any

_DIGEST = "sha256:" + "a" * 64
PLATFORM: dict[str, Any] = {
    "environment": "dev",
    "target": "kubernetes",
    "namespace": "flights-dev",
    "owner": "team",
    "images": {"pipeline": f"p@{_DIGEST}", "serving": f"s@{_DIGEST}", "registry": f"r@{_DIGEST}"},
    "kubernetes": {"context": "mlops-sandbox"},
    "registry": {},
}
