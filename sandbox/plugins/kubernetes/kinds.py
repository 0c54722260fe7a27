"""What a resource's type token says: its group, version and kind, and whether it is a patch or a list."""

from dataclasses import dataclass

PACKAGE = "kubernetes"

_CLUSTER_SCOPED = frozenset(
    {
        ("", "ComponentStatus"),
        ("", "Namespace"),
        ("", "Node"),
        ("", "PersistentVolume"),
        ("admissionregistration.k8s.io", "MutatingAdmissionPolicy"),
        ("admissionregistration.k8s.io", "MutatingAdmissionPolicyBinding"),
        ("admissionregistration.k8s.io", "MutatingWebhookConfiguration"),
        ("admissionregistration.k8s.io", "ValidatingAdmissionPolicy"),
        ("admissionregistration.k8s.io", "ValidatingAdmissionPolicyBinding"),
        ("admissionregistration.k8s.io", "ValidatingWebhookConfiguration"),
        ("apiextensions.k8s.io", "CustomResourceDefinition"),
        ("apiregistration.k8s.io", "APIService"),
        ("certificates.k8s.io", "CertificateSigningRequest"),
        ("certificates.k8s.io", "ClusterTrustBundle"),
        ("flowcontrol.apiserver.k8s.io", "FlowSchema"),
        ("flowcontrol.apiserver.k8s.io", "PriorityLevelConfiguration"),
        ("networking.k8s.io", "IPAddress"),
        ("networking.k8s.io", "IngressClass"),
        ("networking.k8s.io", "ServiceCIDR"),
        ("node.k8s.io", "RuntimeClass"),
        ("rbac.authorization.k8s.io", "ClusterRole"),
        ("rbac.authorization.k8s.io", "ClusterRoleBinding"),
        ("resource.k8s.io", "DeviceClass"),
        ("resource.k8s.io", "ResourceSlice"),
        ("scheduling.k8s.io", "PriorityClass"),
        ("storage.k8s.io", "CSIDriver"),
        ("storage.k8s.io", "CSINode"),
        ("storage.k8s.io", "StorageClass"),
        ("storage.k8s.io", "VolumeAttachment"),
        ("storage.k8s.io", "VolumeAttributesClass"),
        ("storagemigration.k8s.io", "StorageVersionMigration"),
    }
)
_BUILT_IN_GROUPS = frozenset({"", "apps", "autoscaling", "batch", "extensions", "policy"})


@dataclass(frozen=True)
class GroupKind:
    """What an object is, whatever the version."""

    group: str
    kind: str


@dataclass(frozen=True)
class Kind:
    """What an object is.

    Attributes:
        api_version: As Kubernetes writes it: "v1", "apps/v1".
        kind: Such as "Deployment".
    """

    api_version: str
    kind: str

    @property
    def group(self) -> str:
        """The API group; empty for the core."""
        return self.api_version.rpartition("/")[0]

    @property
    def version(self) -> str:
        """The version within the group."""
        return self.api_version.rpartition("/")[2]

    @property
    def group_kind(self) -> GroupKind:
        """The kind in whatever version."""
        return GroupKind(self.group, self.kind)

    def __str__(self) -> str:
        return f"{self.api_version}/{self.kind}"


class UnknownTypeError(ValueError):
    """A type token is none of this plugin's resources."""


def token_kind(token: str) -> Kind:
    """Return what a type token names, the `Patch` at its end included.

    Args:
        token: Such as "kubernetes:apps/v1:Deployment" or "kubernetes:core/v1:ConfigMapPatch".

    Raises:
        UnknownTypeError: The token names no Kubernetes object.
    """
    package, _, rest = token.partition(":")
    module, _, kind = rest.rpartition(":")
    group, _, version = module.rpartition("/")
    if package != PACKAGE or not kind or not group or not version:
        raise UnknownTypeError(f"{token}: expected a token such as kubernetes:apps/v1:Deployment")
    return Kind(version if group == "core" else f"{group}/{version}", kind)


def is_patch(token: str, kind: str) -> bool:
    """Tells whether the token names the `*Patch` resource of a kind.

    Args:
        token: The type token.
        kind: The `kind` among the inputs; empty when there is none.
    """
    name = token.rpartition(":")[2]
    return name == f"{kind}Patch" if kind else name.endswith("Patch")


def is_list(kind: Kind) -> bool:
    """Tells whether the kind is a list of a built-in kind, such as "ConfigMapList"."""
    return kind.kind.endswith("List") and is_built_in(kind)


def is_built_in(kind: Kind) -> bool:
    """Tells whether the kind belongs to Kubernetes itself, judged by its group."""
    return kind.group in _BUILT_IN_GROUPS or kind.group.endswith(".k8s.io")


def normal(kind: Kind) -> Kind:
    """Return the kind as the API server knows it: the core group has no name."""
    return Kind(kind.version, kind.kind) if kind.group == "core" else kind


def is_namespaced_offline(kind: Kind) -> bool:
    """Tells, without asking a cluster, whether objects of the kind live in namespaces; custom ones are taken to."""
    return (kind.group, kind.kind) not in _CLUSTER_SCOPED
