from collections.abc import Callable

import pytest

from pulumi_mlops.stack.problems import Problem

Check = Callable[[str], list[Problem]]
PASSWORD = "correct-horse"


def with_postgresql(good: str, password: str) -> str:
    postgres = "      postgres: localhost/pulumi-mlops/postgres:0123456789abcdef\n    kubernetes:"
    text = good.replace("database: sqlite", "database: postgresql").replace("    kubernetes:", postgres, 1)
    return text + password


def test_takes_an_encrypted_password_under_its_own_key(good: str, check: Check) -> None:
    assert check(with_postgresql(good, "  mlops:registry_database_password: {secure: v1:abc}\n")) == []


def test_refuses_a_plain_password_without_repeating_it(good: str, check: Check) -> None:
    (problem,) = check(with_postgresql(good, f"  mlops:registry_database_password: {PASSWORD}\n"))
    assert problem.path == "mlops:registry_database_password"
    assert PASSWORD not in str(problem)
    assert "pulumi config set --secret" in problem.fix


def test_misses_the_password_of_postgresql(good: str, check: Check) -> None:
    (problem,) = check(with_postgresql(good, ""))
    assert (problem.path, problem.got) == ("mlops:registry_database_password", "nothing")


def test_takes_a_password_before_the_setting_that_needs_it(good: str, check: Check) -> None:
    assert check(good + "  mlops:registry_database_password: {secure: v1:abc}\n") == []


def test_refuses_an_encrypted_value_among_the_settings(good: str, check: Check) -> None:
    problems = check(good.replace("owner: team-flights", "owner: {secure: v1:abc}"))
    assert [problem.got for problem in problems] == ["an encrypted value"]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("database: sqlite", f"database_password: {PASSWORD}"),
        ("database: sqlite", f"url: http://user:{PASSWORD}@mlflow:5000"),
        ("database: sqlite", f"url: http://mlflow:5000/?token={PASSWORD}"),
        ("artifacts_volume_gib: 5", f"artifacts_s3: {{uri: s3://models/a, credentials_secret_name: {PASSWORD}!}}"),
    ],
)
def test_never_repeats_what_may_be_a_secret(good: str, check: Check, before: str, after: str) -> None:
    problems = check(good.replace(before, after))
    assert problems
    assert PASSWORD not in "\n".join(map(str, problems))
