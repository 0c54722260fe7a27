"""Labels on everything that the components create."""

from collections.abc import Mapping

import pulumi

from pulumi_mlops._shared.documents import Document

PART_OF = "pulumi-mlops"
PREFIX = "pulumi-mlops.dev"
WORKLOAD_LABEL = f"{PREFIX}/workload"
STARTED_BY = f"{PREFIX}/started-by"
"""Annotation of a run by hand, and of its pod: who started it."""


def selector(name: str, component: str) -> dict[str, str]:
    """Labels that tell the pods of one component from all others. They never change."""
    return {"app.kubernetes.io/name": name, "app.kubernetes.io/component": component}


def pod_labels(name: str, component: str, *, workload: str | None = None) -> dict[str, str]:
    """Labels of a pod: those it is selected by, and those it is found by."""
    found_by = {"app.kubernetes.io/part-of": PART_OF}
    if workload is not None:
        found_by[WORKLOAD_LABEL] = workload
    return selector(name, component) | found_by


def tag_labels(tags: Mapping[str, pulumi.Input[str]]) -> dict[str, pulumi.Input[str]]:
    """Write tags as labels: a key without a prefix gets ours."""
    return {key if "/" in key else f"{PREFIX}/{key}": value for key, value in tags.items()}


def pod_metadata(labels: Mapping[str, str], annotations: Mapping[str, pulumi.Input[str]]) -> Document:
    """Build the metadata of a pod's template."""
    return {"labels": dict(labels), **({"annotations": dict(annotations)} if annotations else {})}


def metadata(
    name: pulumi.Input[str],
    namespace: pulumi.Input[str],
    labels: Mapping[str, str],
    tags: Mapping[str, pulumi.Input[str]],
    *,
    annotations: Mapping[str, str] | None = None,
) -> Document:
    """Build an object's metadata. Tags stand on the object only, so that a new tag restarts no pod."""
    document: Document = {
        "name": name,
        "namespace": namespace,
        "labels": tag_labels(tags) | {**labels, "app.kubernetes.io/managed-by": "pulumi"},
    }
    if annotations:
        document["annotations"] = dict(annotations)
    return document
