import pytest

from pulumi_mlops._shared.kubernetes.network import to_url


@pytest.mark.parametrize("url", ["http://mlflow:secret@host:port", "http://[::1", "http://mlflow:secret@host:99999"])
def test_an_address_that_is_none_is_told_without_what_it_holds(url: str) -> None:
    with pytest.raises(ValueError, match=r"expected http\(s\)://host") as told:
        to_url(url)
    assert "secret" not in str(told.value)
    assert told.value.__cause__ is None


def test_an_address_outside_is_known_by_its_port() -> None:
    assert to_url("https://models.example.com") == {"ports": [{"port": 443, "protocol": "TCP"}]}
    assert to_url("http://models.example.com:5000") == {"ports": [{"port": 5000, "protocol": "TCP"}]}
