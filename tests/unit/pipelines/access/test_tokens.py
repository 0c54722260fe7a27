"""Tokens: each way in which one can be wrong is refused, whatever else is right; an issuer's keys as they change."""

import asyncio
import base64
import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization

from mlops_runtime.access import key_set
from mlops_runtime.access.errors import AccessError, AccessRefusedError, Outcome
from mlops_runtime.access.key_set import KeySet, KeySetError, from_file, from_url, keys_of
from mlops_runtime.access.tokens import TokenRules, Tokens
from tests.unit.pipelines.access.issuer import AUDIENCE, URL, Issuer, KeySetServer, ec_key, public, rsa_key, serving

RULES = TokenRules(issuer=URL, audience=AUDIENCE)
NOW = int(time.time())


@pytest.fixture(scope="module")
def issuer() -> Issuer:
    return Issuer({"first": rsa_key(), "curve": ec_key()})


def judge(token: str, issuer: Issuer, rules: TokenRules = RULES) -> str:
    keys = KeySet(issuer.key_set)
    keys.load()
    return asyncio.run(Tokens(rules, keys).subject_of(token))


def refusal(token: str, issuer: Issuer, rules: TokenRules = RULES) -> AccessRefusedError:
    with pytest.raises(AccessRefusedError) as caught:
        judge(token, issuer, rules)
    assert token not in str(caught.value)
    assert token not in str(caught.value.headers)
    return caught.value


@pytest.mark.parametrize("kid", ["first", "curve"])
def test_a_right_token_is_about_somebody(issuer: Issuer, kid: str) -> None:
    assert judge(issuer.token(kid), issuer) == "shop"
    assert judge(issuer.token(kid, aud=["other", AUDIENCE]), issuer) == "shop"


@pytest.mark.parametrize(
    ("claims", "told"),
    [
        ({"exp": NOW - 3600}, "has expired"),
        ({"nbf": NOW + 3600}, "not valid yet"),
        ({"iat": NOW + 3600}, "not valid yet"),
        ({"aud": "another"}, "another audience"),
        ({"aud": []}, "without exp, iss or aud"),
        ({"aud": ["another"]}, "another audience"),
        ({"iss": "https://evil.example.com/"}, "another issuer"),
        ({"iss": URL.rstrip("/")}, "another issuer"),
        ({"exp": None}, "without exp, iss or aud"),
        ({"aud": None}, "without exp, iss or aud"),
        ({"iss": None}, "without exp, iss or aud"),
        ({"exp": "soon"}, "do not hold"),
    ],
    # Without the time in them: each worker of the tests has another.
    ids=[
        "expired",
        "not-yet",
        "made-later",
        "other-audience",
        "no-audience",
        "other-audiences",
        "other-issuer",
        "issuer-without-slash",
        "without-exp",
        "without-aud",
        "without-iss",
        "exp-as-text",
    ],
)
def test_a_wrong_claim_is_refused(issuer: Issuer, claims: dict[str, Any], told: str) -> None:
    error = refusal(issuer.token(**claims), issuer)
    assert error.status == 401
    assert told in str(error)
    assert error.headers[0][0] == b"www-authenticate"
    assert error.headers[0][1].startswith(b'Bearer error="invalid_token"')
    assert error.outcome is (Outcome.EXPIRED if "expired" in told else Outcome.WRONG_CREDENTIAL)


def part(document: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(document).encode()).rstrip(b"=").decode()


def test_a_token_without_a_signature_is_refused(issuer: Issuer) -> None:
    _, claims, _ = issuer.token().split(".")
    for name in ("none", "None", "NONE", "", None):
        assert refusal(f"{part({'alg': name, 'kid': 'first'})}.{claims}.", issuer).status == 401


def test_a_public_key_is_no_shared_secret(issuer: Issuer) -> None:
    """Who knows the public key, as everybody does, signs with it as with a secret: RFC 8725, section 2.1."""
    known = issuer.keys["first"].public_key()
    encoding, form = serialization.Encoding, serialization.PublicFormat
    spellings = [
        known.public_bytes(encoding.PEM, form.SubjectPublicKeyInfo),
        known.public_bytes(encoding.DER, form.SubjectPublicKeyInfo),
    ]
    _, claims, _ = issuer.token().split(".")
    for secret in spellings:
        signed = f"{part({'alg': 'HS256', 'typ': 'JWT', 'kid': 'first'})}.{claims}"
        signature = base64.urlsafe_b64encode(hmac.digest(secret, signed.encode(), hashlib.sha256)).rstrip(b"=")
        assert "another algorithm" in str(refusal(f"{signed}.{signature.decode()}", issuer))


def test_a_token_of_anothers_key_is_refused(issuer: Issuer) -> None:
    other = Issuer({"first": rsa_key(), "curve": ec_key(), "unknown": rsa_key()})
    assert "do not hold" in str(refusal(other.token(), issuer))
    assert "a key ID that its issuer does not have" in str(refusal(other.token("unknown"), issuer))
    # A key that the token itself brings, or says where to fetch, is not looked at.
    brought = {"jwk": public(other.keys["first"], "first"), "jku": "http://127.0.0.1:1/"}
    assert "do not hold" in str(refusal(other.token(headers=brought), issuer))
    assert "another algorithm" in str(refusal(Issuer({"first": ec_key()}).token(), issuer))


def test_what_has_changed_on_its_way_is_refused(issuer: Issuer) -> None:
    head, _, signature = issuer.token().split(".")
    _, other, _ = issuer.token(sub="admin").split(".")
    assert refusal(f"{head}.{other}.{signature}", issuer).status == 401


@pytest.mark.parametrize("text", ["", "..", "a.b.c", "é.é.é", "x" * 20_000, "\x00.\x00.\x00"])
def test_what_is_no_token_is_refused(issuer: Issuer, text: str) -> None:
    with pytest.raises(AccessRefusedError) as caught:
        judge(text, issuer)
    assert caught.value.status == 401


def test_a_critical_header_that_is_not_understood_is_refused(issuer: Issuer) -> None:
    """RFC 7515, section 4.1.11."""
    assert refusal(issuer.token(headers={"crit": ["exp2"], "exp2": 1}), issuer).status == 401


@pytest.mark.parametrize("claims", [{"scope": "read predict"}, {"scp": "predict"}, {"scp": ["predict"]}])
def test_a_scope_that_is_asked_for_is_found(issuer: Issuer, claims: dict[str, Any]) -> None:
    rules = TokenRules(issuer=URL, audience=AUDIENCE, scope="predict")
    assert judge(issuer.token(**claims), issuer, rules) == "shop"


@pytest.mark.parametrize("claims", [{}, {"scope": "predictions"}, {"scp": {"predict": 1}}])
def test_a_right_token_without_the_scope_may_not(issuer: Issuer, claims: dict[str, Any]) -> None:
    error = refusal(issuer.token(**claims), issuer, TokenRules(issuer=URL, audience=AUDIENCE, scope="predict"))
    assert error.status == 403
    assert error.headers == ((b"www-authenticate", b'Bearer error="insufficient_scope", scope="predict"'),)


@pytest.mark.parametrize(
    "entry",
    [
        {"kty": "oct", "k": "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0", "kid": "shared"},
        public(rsa_key(1024), "short"),
        public(rsa_key(), "encrypting") | {"use": "enc"},
        public(rsa_key(), "wrapping") | {"key_ops": ["wrapKey"]},
        public(rsa_key(), "mixed") | {"alg": "HS256"},
        public(rsa_key(), "private") | {"d": "AQAB"},
        {"kty": "RSA", "kid": "broken", "n": "!", "e": "AQAB"},
        {"kty": "RSA", "kid": "empty"},
        {"kty": ["RSA"], "kid": "odd"},
    ],
    ids=lambda entry: str(entry["kid"]),
)
def test_a_key_of_another_use_or_kind_verifies_nothing(issuer: Issuer, entry: dict[str, Any]) -> None:
    assert set(keys_of(issuer.key_set(entry))) == {"first", "curve"}
    with pytest.raises(KeySetError, match="no public key for signatures"):
        keys_of(json.dumps({"keys": [entry]}).encode())


@pytest.mark.parametrize("text", [b"", b"<html>", b"[]", b"{}", b'{"keys": {}}', b'{"keys": []}', b'{"keys": [1]}'])
def test_what_is_no_key_set_is_told(text: bytes) -> None:
    with pytest.raises(KeySetError, match=r"got .*, expected"):
        keys_of(text)


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def server() -> Iterator[KeySetServer]:
    with serving(Issuer()) as told:
        yield told


async def known(keys: KeySet, kid: str) -> bool:
    found = await keys.find(kid) is not None
    # What is read beside the request is read by the next one.
    if keys._refreshing is not None:
        await keys._refreshing
    return found


def test_rotated_keys_are_fetched_and_old_ones_forgotten(server: KeySetServer) -> None:
    async def run() -> None:
        clock = Clock()
        keys = KeySet(from_url(server.url), clock)
        keys.load()
        assert await known(keys, "first")
        server.issuer.keys = {"second": server.issuer.keys["first"]}
        # A key ID that is not known: the issuer has a new one.
        assert await known(keys, "second")
        assert not await known(keys, "first")

        server.issuer.keys = {"third": server.issuer.keys["second"]}
        clock.now += key_set.FRESH_SECONDS + 1
        assert await known(keys, "second")
        assert not await known(keys, "second"), "read anew beside the request before"

        server.issuer.keys = {"fourth": server.issuer.keys["third"]}
        clock.now += key_set.STALE_SECONDS + 1
        assert not await known(keys, "third"), "nobody has asked for long: read anew first"

    asyncio.run(run())


def test_unknown_key_ids_do_not_hammer_the_issuer(server: KeySetServer) -> None:
    async def run() -> None:
        keys = KeySet(from_url(server.url), Clock())
        keys.load()
        before = server.asked
        assert not any(await asyncio.gather(*(known(keys, f"made-up-{number}") for number in range(50))))
        assert server.asked == before + 1

    asyncio.run(run())


def test_known_keys_hold_while_the_issuer_is_down_but_not_for_ever(server: KeySetServer) -> None:
    async def run() -> None:
        clock = Clock()
        keys = KeySet(from_url(server.url), clock)
        keys.load()
        server.is_down = True
        clock.now += key_set.STALE_SECONDS + 1
        assert await known(keys, "first")
        assert not await known(keys, "unknown")
        clock.now += key_set.LAST_SECONDS
        with pytest.raises(AccessRefusedError) as caught:
            await keys.find("first")
        assert caught.value.status == 503
        assert dict(caught.value.headers)[b"retry-after"] == b"10"
        server.is_down = False
        clock.now += key_set.RETRY_SECONDS + 1
        await known(keys, "other")
        assert await known(keys, "first")

    asyncio.run(run())


def test_without_any_key_nothing_starts(server: KeySetServer, tmp_path: Any) -> None:
    server.is_down = True
    with pytest.raises(AccessError, match=r"got status 503, expected 200"):
        KeySet(from_url(server.url)).load(patience_seconds=0)
    with pytest.raises(AccessError, match="expected its JSON Web Key Set"):
        KeySet(from_url("http://127.0.0.1:1/")).load(patience_seconds=0)
    with pytest.raises(AccessError, match="No such file"):
        KeySet(from_file(tmp_path / "jwks.json")).load(patience_seconds=0)


def test_a_set_without_end_is_not_read(server: KeySetServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(key_set, "SET_BYTES_MAX", 100)
    with pytest.raises(KeySetError, match="more than 100 bytes"):
        from_url(server.url)()
