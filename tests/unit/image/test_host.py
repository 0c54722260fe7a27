from pathlib import Path

from pulumi_mlops.image.host import CERTIFICATES_MOUNT, read_settings


def test_a_plain_host_mounts_nothing(tmp_path: Path) -> None:
    settings = read_settings({}, [])
    assert settings.write_secrets(tmp_path) == {}
    assert settings.proxies == ()
    assert list(tmp_path.iterdir()) == []


def test_the_hosts_authorities_and_index_reach_pip(tmp_path: Path) -> None:
    authorities = tmp_path / "ca.pem"
    authorities.touch()
    variables = {
        "PIP_INDEX_URL": "https://user:password@index.example.com/simple",
        "REQUESTS_CA_BUNDLE": str(authorities),
        "https_proxy": "http://proxy.example.com",
    }
    settings = read_settings(variables, [])
    secrets = settings.write_secrets(tmp_path)
    assert secrets["certificates"] == authorities
    written = secrets["pip-configuration"]
    assert "index-url = https://user:password@index.example.com/simple" in written.read_text()
    assert f"cert = {CERTIFICATES_MOUNT}" in written.read_text()
    assert written.stat().st_mode & 0o777 == 0o600
    assert settings.proxies == ("https_proxy",)


def test_a_variable_wins_over_a_file_as_it_does_for_pip(tmp_path: Path) -> None:
    file = tmp_path / "pip.conf"
    file.write_text("[global]\nindex-url = https://file.example.com\ntimeout = 7\nfind-links = /wheels\n")
    settings = read_settings({"PIP_INDEX_URL": "https://variable.example.com"}, [tmp_path / "missing", file])
    assert dict(settings.pip) == {"index-url": "https://variable.example.com", "timeout": "7"}


def test_certificates_that_are_not_there_are_not_mounted(tmp_path: Path) -> None:
    assert read_settings({"PIP_CERT": str(tmp_path / "gone.pem")}, []).certificates is None
