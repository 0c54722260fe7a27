import json

import pytest

from sandbox.plugins.aws.configuration import Configuration, read
from sandbox.plugins.aws.endpoints import is_loopback
from sandbox.plugins.protocol.values import UNKNOWN, Secret

LOCAL = "http://127.0.0.1:5000"


def problems(settings: dict[str, object], **environment: str) -> dict[str, str]:
    return {each.property: each.reason for each in read(settings, environment)[1]}


def taken(settings: dict[str, object], **environment: str) -> Configuration:
    configuration, failures = read({"region": "eu-west-1", **settings}, environment)
    assert failures == []
    return configuration


@pytest.mark.parametrize(
    "url",
    [LOCAL, "https://localhost:1", "http://127.8.9.10", "http://[::1]:5000", "http://127.0.0.1:5000/path"],
)
def test_this_machine_is_taken(url: str) -> None:
    assert is_loopback(url)


@pytest.mark.parametrize(
    "url",
    [
        "https://sagemaker.eu-west-1.amazonaws.com",
        "http://127.0.0.1@sagemaker.amazonaws.com",
        "http://127.0.0.1.example.org",
        "http://localhost.example.org",
        "http://10.0.0.1:5000",
        "http://0.0.0.0:5000",
        "http://[::ffff:127.0.0.1]:5000",
        "http://[fe80::1]",
        "ftp://127.0.0.1",
        "127.0.0.1:5000",
        "http://127.0.0.1:port",
        "",
    ],
)
def test_anything_else_is_not(url: str) -> None:
    assert not is_loopback(url)
    assert "endpoints" in problems({"region": "eu-west-1", "endpoints": [{"s3": url or "x"}]})
    if url:
        assert "AWS_ENDPOINT_URL: got" in problems({"region": "eu-west-1"}, AWS_ENDPOINT_URL=url)["endpoints"]


def test_without_an_endpoint_nothing_is_configured() -> None:
    told = problems({"region": "eu-west-1"})
    assert list(told) == ["endpoints"]
    assert "missing, as is AWS_ENDPOINT_URL" in told["endpoints"]
    assert "official pulumi-aws plugin" in told["endpoints"]


def test_one_bad_endpoint_among_good_ones_is_refused() -> None:
    given = [{"s3": LOCAL, "iam": LOCAL, "ec2": "https://ec2.eu-west-1.amazonaws.com"}]
    assert "endpoints[0].ec2: got 'https://ec2.eu" in problems({"region": "x", "endpoints": given})["endpoints"]


def test_an_endpoint_of_the_setting_goes_before_the_environments() -> None:
    given = [{"sagemaker": "http://127.0.0.1:1", "scheduler": "http://127.0.0.1:2"}]
    found = taken({"endpoints": given}, AWS_ENDPOINT_URL=LOCAL, AWS_ENDPOINT_URL_S3="http://127.0.0.1:3")
    assert found.endpoints["sagemaker"] == "http://127.0.0.1:1"
    assert found.endpoints["scheduler"] == "http://127.0.0.1:2"
    assert found.endpoints["s3"] == "http://127.0.0.1:3"
    assert found.endpoints["iam"] == LOCAL


def test_what_the_engine_passes_as_json_is_read() -> None:
    found = taken(
        {
            "endpoints": json.dumps([{"s3": LOCAL}]),
            "defaultTags": json.dumps({"tags": {"owner": "flights"}}),
            "ignoreTags": json.dumps({"keys": ["a"], "keyPrefixes": ["b:"]}),
            "allowedAccountIds": '["123456789012"]',
            "maxRetries": "3",
            "skipCredentialsValidation": "true",
        }
    )
    assert found.tags.default == {"owner": "flights"}
    assert [key for key in ("a", "b:x", "aws:x", "c") if found.tags.is_ignored(key)] == ["a", "b:x", "aws:x"]
    assert (found.allowed_accounts, found.most_retries) == (frozenset({"123456789012"}), 3)


def test_keys_are_secret_and_any_will_do() -> None:
    found = taken({"secretKey": Secret("hidden")}, AWS_ENDPOINT_URL=LOCAL, AWS_ACCESS_KEY_ID="known")
    assert (found.access_key, found.secret_key) == ("known", "hidden")
    assert "hidden" not in repr(found)


def test_the_region_is_needed_unless_it_is_not_known_yet() -> None:
    assert list(problems({}, AWS_ENDPOINT_URL=LOCAL)) == ["region"]
    assert taken({}, AWS_ENDPOINT_URL=LOCAL).region == "eu-west-1"
    assert problems({"region": UNKNOWN}, AWS_ENDPOINT_URL=LOCAL) == {}
    assert read({}, {"AWS_ENDPOINT_URL": LOCAL, "AWS_REGION": "us-east-2"})[0].region == "us-east-2"


def test_every_problem_is_told_at_once() -> None:
    told = problems(
        {"endpoints": {"s3": LOCAL}, "profile": "prod", "assumeRoles": [{}], "kontext": 1, "maxRetries": -1}
    )
    assert sorted(told) == ["assumeRoles", "endpoints", "kontext", "maxRetries", "profile", "region"]
    assert "expected a list of maps" in told["endpoints"]
    assert "unknown setting" in told["kontext"]
