import base64
import dataclasses
import datetime
import ssl
import stat
from pathlib import Path

import pytest
import yaml
from cryptography import x509

from sandbox.cluster import kubeconfig, pki, settings


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("state") / "pki"
    pki.ensure(made)
    return made


def certificate(folder: Path, name: str) -> x509.Certificate:
    return x509.load_pem_x509_certificate((folder / f"{name}.crt").read_bytes())


def test_the_authority_signs_every_certificate(folder: Path) -> None:
    authority = certificate(folder, "ca")
    for made in pki.CERTIFICATES:
        certificate(folder, made.name).verify_directly_issued_by(authority)


def test_keys_fit_their_certificates_and_are_for_root_alone(folder: Path) -> None:
    context = ssl.create_default_context()
    for made in pki.CERTIFICATES:
        key = folder / f"{made.name}.key"
        context.load_cert_chain(folder / f"{made.name}.crt", key)
        assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_the_api_server_is_known_by_every_name_it_is_called_by(folder: Path) -> None:
    names = certificate(folder, "apiserver").extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert "kubernetes.default.svc.cluster.local" in names.get_values_for_type(x509.DNSName)
    addresses = {str(address) for address in names.get_values_for_type(x509.IPAddress)}
    assert {settings.NODE_ADDRESS, settings.API_SERVICE_ADDRESS} <= addresses


def test_keys_are_kept_as_long_as_all_are_there(folder: Path) -> None:
    before = (folder / "ca.crt").read_bytes()
    pki.ensure(folder)
    assert (folder / "ca.crt").read_bytes() == before


@pytest.mark.parametrize("damage", ["missing", "torn"])
def test_keys_are_made_anew_when_one_is_missing(tmp_path: Path, damage: str) -> None:
    folder = tmp_path / "pki"
    pki.ensure(folder)
    before = (folder / "ca.crt").read_bytes()
    if damage == "missing":
        (folder / "scheduler.key").unlink()
    else:
        (folder / "ca.crt").write_bytes(before[:100])

    pki.ensure(folder)

    assert (folder / "scheduler.key").exists()
    assert certificate(folder, "scheduler").issuer == certificate(folder, "ca").subject
    assert (folder / "ca.crt").read_bytes() != before


def test_keys_are_made_anew_for_another_address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "pki"
    pki.ensure(folder)
    before = (folder / "ca.crt").read_bytes()
    moved = [
        dataclasses.replace(made, addresses=("10.9.8.7",)) if made.name == "apiserver" else made
        for made in pki.CERTIFICATES
    ]
    monkeypatch.setattr(pki, "CERTIFICATES", tuple(moved))

    pki.ensure(folder)

    assert (folder / "ca.crt").read_bytes() != before
    names = certificate(folder, "apiserver").extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert [str(address) for address in names.get_values_for_type(x509.IPAddress)] == ["10.9.8.7"]


def test_keys_are_made_anew_before_they_expire(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "pki"
    with monkeypatch.context() as brief:
        brief.setattr(pki, "_VALID", datetime.timedelta(days=29))
        pki.ensure(folder)
    before = (folder / "ca.crt").read_bytes()

    pki.ensure(folder)

    assert (folder / "ca.crt").read_bytes() != before


def test_a_kubeconfig_holds_one_context_and_its_keys(folder: Path) -> None:
    document = yaml.safe_load(kubeconfig.render(folder, "admin"))
    assert [context["name"] for context in document["contexts"]] == ["mlops-sandbox"] == [document["current-context"]]
    key = base64.b64decode(document["users"][0]["user"]["client-key-data"])
    assert key == (folder / "admin.key").read_bytes()
