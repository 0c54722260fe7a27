"""Keys and certificates of the cluster: one authority signs all of them."""

import datetime
import ipaddress
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from sandbox.cluster import settings

_VALID = datetime.timedelta(days=3650)
_RENEW_BEFORE = datetime.timedelta(days=30)
_CLOCK_SKEW = datetime.timedelta(hours=1)


@dataclass(frozen=True)
class Certificate:
    """What a certificate says.

    Attributes:
        name: Base name of its files, `<name>.crt` and `<name>.key`.
        common_name: The user's or the server's name.
        organization: The user's group; empty for none.
        dns_names: Names of the server.
        addresses: Addresses of the server. A certificate with names or addresses is for a server.
    """

    name: str
    common_name: str
    organization: str = ""
    dns_names: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()

    @property
    def is_server(self) -> bool:
        """Whether it is for a server."""
        return bool(self.dns_names or self.addresses)


CLIENTS = (
    Certificate("admin", "mlops-sandbox-admin", "system:masters"),
    Certificate("kubelet", f"system:node:{settings.NODE_NAME}", "system:nodes"),
    Certificate("controller-manager", "system:kube-controller-manager"),
    Certificate("scheduler", "system:kube-scheduler"),
    Certificate("kube-proxy", "system:kube-proxy"),
    Certificate("kube-network-policies", "system:kube-network-policies"),
    Certificate("coredns", "system:coredns"),
    Certificate("metrics-server", "system:metrics-server"),
    Certificate("volume-provisioner", "system:volume-provisioner"),
)
"""Users of the API server: each gets a kubeconfig."""

_OTHERS = (
    Certificate("apiserver-kubelet", "apiserver-kubelet-client", "system:masters"),
    Certificate("front-proxy", "front-proxy-client"),
    Certificate("etcd-client", "etcd-client"),
    Certificate("etcd", "etcd", dns_names=("localhost",), addresses=("127.0.0.1",)),
    Certificate(
        "apiserver",
        "kube-apiserver",
        dns_names=(
            "localhost",
            "kubernetes",
            "kubernetes.default",
            "kubernetes.default.svc",
            f"kubernetes.default.svc.{settings.CLUSTER_DOMAIN}",
        ),
        addresses=("127.0.0.1", settings.NODE_ADDRESS, settings.API_SERVICE_ADDRESS),
    ),
    Certificate(
        "kubelet-server",
        f"system:node:{settings.NODE_NAME}",
        "system:nodes",
        dns_names=(settings.NODE_NAME,),
        addresses=(settings.NODE_ADDRESS,),
    ),
    Certificate(
        "metrics-server-tls",
        "metrics-server",
        dns_names=("metrics-server.kube-system.svc",),
        addresses=(settings.NODE_ADDRESS,),
    ),
)
CERTIFICATES = CLIENTS + _OTHERS


def ensure(folder: Path) -> None:
    """Make all keys and certificates, unless they are there, for these names, and valid for some time yet.

    Args:
        folder: Where they go; it appears whole or not at all.
    """
    if _is_current(folder):
        return
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".pki-") as temporary:
        fresh = Path(temporary) / "pki"
        fresh.mkdir(mode=0o700)
        _write_all(fresh)
        shutil.rmtree(folder, ignore_errors=True)
        fresh.rename(folder)


def _is_current(folder: Path) -> bool:
    keys = [folder / f"{name}.key" for name in ("ca", "service-accounts", *(made.name for made in CERTIFICATES))]
    try:
        authority = x509.load_pem_x509_certificate((folder / "ca.crt").read_bytes())
        found = [x509.load_pem_x509_certificate((folder / f"{made.name}.crt").read_bytes()) for made in CERTIFICATES]
    except (FileNotFoundError, ValueError):
        return False
    if authority.not_valid_after_utc - datetime.datetime.now(datetime.UTC) < _RENEW_BEFORE:
        return False
    # A later version of the sandbox may have other addresses, and kept data the certificates of an earlier one.
    fit = all(
        _identity(it) == (_subject(made), _alternatives(made)) for made, it in zip(CERTIFICATES, found, strict=True)
    )
    return fit and all(key.is_file() for key in keys)


def _identity(certificate: x509.Certificate) -> tuple[x509.Name, list[x509.GeneralName]]:
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return certificate.subject, []
    return certificate.subject, list(names)


def _subject(certificate: Certificate) -> x509.Name:
    attributes = [x509.NameAttribute(NameOID.COMMON_NAME, certificate.common_name)]
    if certificate.organization:
        attributes.append(x509.NameAttribute(NameOID.ORGANIZATION_NAME, certificate.organization))
    return x509.Name(attributes)


def _alternatives(certificate: Certificate) -> list[x509.GeneralName]:
    addresses = [x509.IPAddress(ipaddress.ip_address(address)) for address in certificate.addresses]
    return [*(x509.DNSName(name) for name in certificate.dns_names), *addresses]


def _write_all(folder: Path) -> None:
    authority_key = ec.generate_private_key(ec.SECP256R1())
    authority_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mlops-sandbox-ca")])
    usage = _key_usage(signs_certificates=True)
    authority = (
        _builder(authority_name, authority_name, authority_key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .sign(authority_key, hashes.SHA256())
    )
    _write(folder, "ca", authority_key, authority)
    for certificate in CERTIFICATES:
        key = ec.generate_private_key(ec.SECP256R1())
        _write(folder, certificate.name, key, _signed(certificate, key, authority, authority_key))
    accounts = ec.generate_private_key(ec.SECP256R1())
    _write_key(folder / "service-accounts.key", accounts)
    (folder / "service-accounts.pub").write_bytes(
        accounts.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )


def _signed(
    certificate: Certificate,
    key: ec.EllipticCurvePrivateKey,
    authority: x509.Certificate,
    authority_key: ec.EllipticCurvePrivateKey,
) -> x509.Certificate:
    purposes = [ExtendedKeyUsageOID.CLIENT_AUTH]
    builder = _builder(_subject(certificate), authority.subject, key.public_key())
    if certificate.is_server:
        purposes = [ExtendedKeyUsageOID.SERVER_AUTH]
        if certificate.name == "etcd":  # the member also calls itself
            purposes.append(ExtendedKeyUsageOID.CLIENT_AUTH)
        builder = builder.add_extension(x509.SubjectAlternativeName(_alternatives(certificate)), critical=False)
    return (
        builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage(purposes), critical=False)
        .sign(authority_key, hashes.SHA256())
    )


def _builder(subject: x509.Name, issuer: x509.Name, public_key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _CLOCK_SKEW)
        .not_valid_after(now + _VALID)
    )


def _key_usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _write(folder: Path, name: str, key: ec.EllipticCurvePrivateKey, certificate: x509.Certificate) -> None:
    _write_key(folder / f"{name}.key", key)
    (folder / f"{name}.crt").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))


def _write_key(path: Path, key: ec.EllipticCurvePrivateKey) -> None:
    path.touch(mode=0o600)
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
