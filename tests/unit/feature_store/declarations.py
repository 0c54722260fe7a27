"""Feature stores as tests declare them."""

from typing import Any

from flight_delay.feature_definitions import FEATURES
from pulumi_mlops import KubernetesFeatureStore, KubernetesFeatureStoreArgs
from tests.recording import Declaration, declare

NAME = "flights"
IMAGE = "localhost/pulumi-mlops/feature_store:0123456789abcdef"
REDIS_IMAGE = "localhost/pulumi-mlops/redis:0123456789abcdef"


def on_kubernetes(**changes: Any) -> Declaration:
    """Declare a store; settings that Kubernetes alone has may stand beside the others."""
    own = KubernetesFeatureStoreArgs.__annotations__
    there = {key: value for key, value in changes.items() if key not in own}
    args: Any = {
        "definition": FEATURES.document(),
        "kubernetes": {"namespace": "flights-dev", "image": IMAGE, "online_store_image": REDIS_IMAGE, **there},
        **{key: value for key, value in changes.items() if key in own},
    }

    def program() -> object:
        return KubernetesFeatureStore(NAME, args).outputs()

    return declare(program)
