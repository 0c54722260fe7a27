import pytest

from sandbox.plugins.kubernetes.kinds import (
    Kind,
    UnknownTypeError,
    is_list,
    is_namespaced_offline,
    is_patch,
    token_kind,
)


@pytest.mark.parametrize(
    ("token", "kind"),
    [
        ("kubernetes:core/v1:ConfigMap", Kind("v1", "ConfigMap")),
        ("kubernetes:apps/v1:Deployment", Kind("apps/v1", "Deployment")),
        ("kubernetes:rbac.authorization.k8s.io/v1:Role", Kind("rbac.authorization.k8s.io/v1", "Role")),
        (
            "kubernetes:serving.kserve.io/v1beta1:InferenceService",
            Kind("serving.kserve.io/v1beta1", "InferenceService"),
        ),
    ],
)
def test_tokens_name_kinds(token: str, kind: Kind) -> None:
    assert token_kind(token) == kind


@pytest.mark.parametrize("token", ["aws:s3/bucket:Bucket", "kubernetes:Deployment", "kubernetes:apps:Deployment", ""])
def test_other_tokens_are_refused(token: str) -> None:
    with pytest.raises(UnknownTypeError):
        token_kind(token)


def test_groups_and_versions_are_told_apart() -> None:
    assert (Kind("v1", "Pod").group, Kind("v1", "Pod").version) == ("", "v1")
    assert (Kind("batch/v1", "Job").group, Kind("batch/v1", "Job").version) == ("batch", "v1")


def test_a_kind_that_ends_in_patch_is_no_patch_by_itself() -> None:
    assert is_patch("kubernetes:core/v1:ConfigMapPatch", "ConfigMap")
    assert not is_patch("kubernetes:example.com/v1:EyePatch", "EyePatch")
    assert is_patch("kubernetes:example.com/v1:EyePatchPatch", "EyePatch")


def test_lists_of_built_in_kinds_are_known() -> None:
    assert is_list(Kind("v1", "ConfigMapList"))
    assert not is_list(Kind("example.com/v1", "ShoppingList"))


def test_scopes_are_known_without_a_cluster() -> None:
    assert not is_namespaced_offline(Kind("v1", "Namespace"))
    assert not is_namespaced_offline(Kind("rbac.authorization.k8s.io/v1", "ClusterRole"))
    assert is_namespaced_offline(Kind("rbac.authorization.k8s.io/v1", "Role"))
    assert is_namespaced_offline(Kind("example.com/v1", "Widget"))
