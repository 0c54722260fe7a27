"""API keys as a Secret is mounted: who has which, and what happens when the Secret changes."""

import logging
from pathlib import Path

import pytest

from mlops_runtime.access.api_keys import UNREADABLE_SECONDS, ApiKeys
from mlops_runtime.access.errors import AccessError

SHOP, SHIP = "shop-key-0123456789", "ship-key-0123456789"


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def mount(folder: Path, name: str, **keys: str) -> None:
    """Mount a Secret as the kubelet does: files in a folder of their own, and a link that is replaced at once."""
    snapshot = folder / name
    snapshot.mkdir(parents=True)
    for client, key in keys.items():
        (snapshot / client).write_text(key)
        link = folder / client
        if not link.is_symlink():
            link.symlink_to(Path("..data") / client)
    new = folder / "..data_tmp"
    new.symlink_to(name)
    new.rename(folder / "..data")


def test_each_key_is_its_clients(tmp_path: Path, clock: Clock) -> None:
    mount(tmp_path, "..one", shop=f"{SHOP}\n", ship=f"\ufeff{SHIP}\r\n")
    keys = ApiKeys(tmp_path, clock)
    keys.load()

    assert [keys.client_of(key) for key in (SHOP, SHIP, "", SHOP[:-1], f"{SHOP}\n", "é" * 20)] == [
        "shop",
        "ship",
        *[None] * 4,
    ]


def test_a_replaced_secret_is_read_without_a_restart(tmp_path: Path, clock: Clock) -> None:
    mount(tmp_path, "..one", shop=SHOP)
    keys = ApiKeys(tmp_path, clock)
    keys.load()
    mount(tmp_path, "..two", ship=SHIP)
    assert keys.client_of(SHOP) == "shop"

    clock.now += 2

    assert keys.client_of(SHOP) is None
    assert keys.client_of(SHIP) == "ship"


def test_a_secret_that_is_emptied_lets_nobody_in(tmp_path: Path, clock: Clock) -> None:
    mount(tmp_path, "..one", shop=SHOP)
    keys = ApiKeys(tmp_path, clock)
    keys.load()

    mount(tmp_path, "..two")
    clock.now += 2

    assert keys.client_of(SHOP) is None


def test_keys_hold_for_a_while_where_the_folder_cannot_be_read(tmp_path: Path, clock: Clock) -> None:
    folder = tmp_path / "keys"
    folder.mkdir()
    (folder / "shop").write_text(SHOP)
    keys = ApiKeys(folder, clock)
    keys.load()
    folder.rename(tmp_path / "gone")

    clock.now += 2
    assert keys.client_of(SHOP) == "shop"
    clock.now += UNREADABLE_SECONDS
    assert keys.client_of(SHOP) is None
    (tmp_path / "gone").rename(folder)
    clock.now += 2
    assert keys.client_of(SHOP) == "shop"


def test_a_key_that_can_be_guessed_or_is_anothers_is_not_taken_nor_told(
    tmp_path: Path, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    mount(tmp_path, "..one", ship=SHOP, shop=SHOP, short="secret-1", empty="")
    keys = ApiKeys(tmp_path, clock)
    with caplog.at_level(logging.INFO, "mlops.access"):
        keys.load()

    assert [keys.client_of(key) for key in (SHOP, "secret-1", "")] == ["ship", None, None]
    assert "API key of short: got 8 characters" in caplog.text
    assert "API key of shop: got another client's" in caplog.text
    assert "secret-1" not in caplog.text
    assert SHOP not in caplog.text
    assert SHOP not in repr(vars(keys))


@pytest.mark.parametrize("content", [None, "too-short"])
def test_without_a_key_nothing_starts(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "shop").write_text(content)
    with pytest.raises(AccessError, match=r"got none, expected at least one file") as caught:
        ApiKeys(tmp_path).load()
    assert str(content) not in str(caught.value)
