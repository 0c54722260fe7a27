"""Where pods are scheduled, as the tests of every noun with pods ask for it, and what of it is wrong."""

from typing import Any

SCHEDULING: dict[str, Any] = {
    "node_selector": {"cloud.google.com/gke-accelerator": "nvidia-l4", "cloud.google.com/gke-spot": "true"},
    "tolerations": [
        {"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"},
        {"key": "pool", "value": "models"},
        {
            "key": "node.kubernetes.io/unreachable",
            "operator": "Exists",
            "effect": "NoExecute",
            "toleration_seconds": 30,
        },
        {"operator": "Exists", "effect": "PreferNoSchedule"},
    ],
    "runtime_class_name": "nvidia",
    "priority_class_name": "models",
}
SCHEDULED: dict[str, Any] = {
    "nodeSelector": SCHEDULING["node_selector"],
    "tolerations": [
        {"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"},
        {"key": "pool", "operator": "Equal", "value": "models"},
        {"key": "node.kubernetes.io/unreachable", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 30},
        {"operator": "Exists", "effect": "PreferNoSchedule"},
    ],
    "runtimeClassName": "nvidia",
    "priorityClassName": "models",
}
BAD_SCHEDULING: list[tuple[dict[str, Any], str]] = [
    ({"node_selector": {"a/b/c": "d"}}, "kubernetes.node_selector.a/b/c: got 'a/b/c'"),
    ({"node_selector": {"pool": "two words"}}, "kubernetes.node_selector.pool: got 'two words'"),
    ({"tolerations": [{}]}, "kubernetes.tolerations[0]: got {}, expected a key"),
    ({"tolerations": [{"value": "a"}]}, "kubernetes.tolerations[0]: got {'value': 'a'}, expected a key"),
    (
        {"tolerations": [{"key": "pool"}, {"key": "pool", "operator": "Exists", "value": "a"}]},
        "kubernetes.tolerations[1]: got {'key': 'pool', 'operator': 'Exists', 'value': 'a'}, expected no value",
    ),
    (
        {"tolerations": [{"key": "pool", "effect": "NoSchedule", "toleration_seconds": 5}]},
        "expected the effect NoExecute beside toleration_seconds",
    ),
    ({"tolerations": [{"key": "a b"}]}, "kubernetes.tolerations[0].key: got 'a b'"),
    ({"tolerations": [{"key": "a", "value": "a b"}]}, "kubernetes.tolerations[0].value: got 'a b'"),
    (
        {"tolerations": [{"key": "a", "operator": "In"}]},
        "kubernetes.tolerations[0].operator: got 'In', expected one of Equal, Exists",
    ),
    (
        {"tolerations": [{"key": "a", "effect": "NoExecute", "toleration_seconds": -1}]},
        "kubernetes.tolerations[0].toleration_seconds: got -1, expected at least 0",
    ),
    ({"runtime_class_name": "NVIDIA"}, "kubernetes.runtime_class_name: got 'NVIDIA'"),
    ({"priority_class_name": "first class"}, "kubernetes.priority_class_name: got 'first class'"),
]
