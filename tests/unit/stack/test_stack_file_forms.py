"""What Pulumi's engine reads of a stack file is read the same without it, and what it refuses is refused."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from ruamel.yaml import YAML

from pulumi_mlops.stack.document import StackDocument
from pulumi_mlops.stack.file import read_document
from pulumi_mlops.stack.problems import ConfigError
from pulumi_mlops.stack.pulumi_config import PulumiConfig, document_of
from pulumi_mlops.stack.validate import validate
from tests.stack_file_forms import AT_RANDOM, FORMS

ANSWERS: dict[str, dict[str, str | None] | None] = json.loads(
    (Path(__file__).parent / "engine_answers.json").read_text()
)
_PASSWORD = "mlops:registry_database_password"


def read(tmp_path: Path, form: bytes) -> StackDocument:
    path = tmp_path / "Pulumi.dev.yaml"
    path.write_bytes(form)
    return read_document(path, "mlops", source="dev.yaml")


def from_engine(answer: dict[str, str | None]) -> StackDocument:
    """Returns what a program reads of what the engine hands over."""
    texts = {key: text or "" for key, text in answer.items()}
    return document_of(PulumiConfig("dev", "mlops", texts, {key: [()] for key, text in answer.items() if text is None}))


def test_the_engine_was_asked_about_each_form() -> None:
    assert set(ANSWERS) == set(FORMS) - AT_RANDOM
    assert sum(answer is None for answer in ANSWERS.values()) > 20


@pytest.mark.parametrize("name", [name for name, answer in ANSWERS.items() if answer is not None])
def test_reads_what_the_engine_reads(tmp_path: Path, name: str) -> None:
    answer = ANSWERS[name]
    assert answer is not None
    ours, theirs = read(tmp_path, FORMS[name]), from_engine(answer)
    assert bool(ours.problems) == bool(theirs.problems), [str(problem) for problem in ours.problems]
    if not ours.problems:
        # As JSON, since 1 == 1.0 == True for Python.
        assert json.dumps(ours.values) == json.dumps(theirs.values)
        assert ours.secrets == theirs.secrets


@pytest.mark.parametrize("name", [*(name for name, answer in ANSWERS.items() if answer is None), *sorted(AT_RANDOM)])
def test_refuses_what_the_engine_refuses_or_reads_at_random(tmp_path: Path, name: str) -> None:
    problems = read(tmp_path, FORMS[name]).problems
    assert problems
    for problem in problems:
        assert problem.got
        assert problem.expected
        assert problem.fix


_TEXTS = some.text(
    some.characters(min_codepoint=0x20, max_codepoint=0x24F, exclude_characters="\x7f/", exclude_categories=["C"])
)
_SCALARS = some.none() | some.booleans() | some.integers(-(2**63), 2**63 - 1) | some.floats(-1e15, 1e15) | _TEXTS
_VALUES = some.recursive(_SCALARS, lambda inner: some.lists(inner) | some.dictionaries(_TEXTS, inner), max_leaves=12)


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(some.dictionaries(_TEXTS, _VALUES, min_size=1))
def test_a_setting_is_the_same_as_a_mapping_and_as_a_json_text(tmp_path: Path, value: dict[str, object]) -> None:
    written = json.dumps(value, ensure_ascii=False)
    as_mapping = read(tmp_path, f"config:\n  mlops:p: {written}\n".encode())
    quoted = written.replace("'", "''")
    as_text = read(tmp_path, f"config:\n  mlops:p: '{quoted}'\n".encode())
    if not as_mapping.problems:
        assert as_mapping.values == as_text.values
    else:
        # Aside from <<, only an encrypted value stands for something else than itself.
        assert "<<" in written or '"secure"' in written


USUAL = "      endpoint:\n        replicas: {min: 1, max: 3}\n        target_cpu_percent: 70\n"
HABITS: dict[str, Callable[[str], bytes]] = {
    "CRLF": lambda good: good.replace("\n", "\r\n").encode(),
    "a byte order mark": lambda good: b"\xef\xbb\xbf" + good.encode(),
    "a byte order mark and CRLF": lambda good: b"\xef\xbb\xbf" + good.replace("\n", "\r\n").encode(),
    "UTF-16": lambda good: good.encode("utf-16"),
    "keys without the project": lambda good: good.replace("mlops:", "").encode(),
    "keys of old": lambda good: (
        good.replace("mlops:platform", "mlops:config:platform")
        .replace("mlops:workloads", "mlops:config:workloads")
        .encode()
    ),
    "an anchor": lambda good: (
        "usual: &usual\n" + USUAL.partition("\n")[2] + good.replace(USUAL, "      endpoint: *usual\n")
    ).encode(),
    "a merge": lambda good: (
        "usual: &usual {target_cpu_percent: 10, replicas: {min: 1, max: 3}}\n"
        + good.replace("        replicas: {min: 1, max: 3}\n", "        <<: *usual\n")
    ).encode(),
    "a JSON file": lambda good: json.dumps({"config": {f"mlops:{k}": v for k, v in plain(good).items()}}).encode(),
    "one JSON text for each key": lambda good: (
        "config:\n" + "".join(f"  mlops:{key}: '{json.dumps(value)}'\n" for key, value in plain(good).items())
    ).encode(),
    "the keys of neighbours": lambda good: (
        "encryptionsalt: v1:abc:def\nenvironment: [scoring/dev]\n"
        + good
        + "  aws:region: eu-central-1\n  pulumi:tags: {team: risk}\n  old:key: ssh-ed25519 AAAA\n    somebody@laptop\n"
        + "  old:alert:\n    secure: AAABfake==\n"
    ).encode(),
}


def plain(good: str) -> dict[str, object]:
    config = YAML(typ="safe", pure=True).load(good)["config"]
    return {key.removeprefix("mlops:"): value for key, value in config.items()}


@pytest.mark.parametrize("habit", HABITS)
def test_a_habit_changes_nothing(good: str, tmp_path: Path, small_graph: None, habit: str) -> None:
    assert validate(read(tmp_path, HABITS[habit](good))) == validate(read(tmp_path, good.encode()))


@pytest.mark.parametrize("habit", HABITS)
def test_a_mistake_is_found_in_every_form(good: str, tmp_path: Path, small_graph: None, habit: str) -> None:
    with pytest.raises(ConfigError) as caught:
        validate(read(tmp_path, HABITS[habit](good.replace("owner: team-flights", "owner: 3"))))
    assert [problem.path for problem in caught.value.problems] == ["mlops:platform.owner"]


def problem_of(tmp_path: Path, form: str | bytes) -> str:
    (problem,) = read(tmp_path, form if isinstance(form, bytes) else form.encode()).problems
    return str(problem)


@pytest.mark.parametrize(
    ("form", "told"),
    [
        ("config:\n\tmlops:platform: {}\n", "fix: indent with blanks instead of tabs"),
        ("config: {}\n".encode("utf-16-le"), "got a file in UTF-16 without a byte order mark, expected text in UTF-8"),
        ("config: {}\n".encode("utf-32"), "got a file in UTF-32, expected text in UTF-8, fix: save it as UTF-8"),
        ("config: {a: é}\n".encode("latin-1"), "got a file that is not UTF-8: its byte 12 begins no character"),
        ("confg:\n  mlops:platform: {}\n", "dev.yaml:1: confg: got an unknown key, expected config, fix: did you mean"),
        (
            "config:\n  mlops:a:platform: {}\n",
            "mlops:a:platform: got a key of another form, expected <namespace>:<name>",
        ),
        (
            "config:\n  platform: {}\n  mlops:platform: {}\n",
            "dev.yaml:3: mlops:platform: got the key mlops:platform a sec",
        ),
        ("config:\n  mlops:p: &x {a: *x}\n", "dev.yaml:2: mlops:p.a: got an anchor whose value holds itself"),
        (
            "config:\n  mlops:p: 2026-01-01\n",
            "got the point in time 2026-01-01, expected a text, a number, true or false, fix: put it in quotes",
        ),
    ],
)
def test_says_what_a_file_is_that_it_refuses(tmp_path: Path, form: str | bytes, told: str) -> None:
    assert told in problem_of(tmp_path, form)


def test_a_file_that_is_none_is_one_problem(tmp_path: Path, small_graph: None) -> None:
    for form in (b"config: {", b"[]", b"config: 3", b"\xff"):
        with pytest.raises(ConfigError) as caught:
            validate(read(tmp_path, form))
        assert len(caught.value.problems) == 1


def test_a_stack_that_was_only_made_lacks_its_platform(tmp_path: Path) -> None:
    """`pulumi stack init` and the first secret leave a file with a salt alone."""
    with pytest.raises(ConfigError) as caught:
        validate(read(tmp_path, b"encryptionsalt: v1:abc:def\n"))
    assert [problem.path for problem in caught.value.problems] == ["mlops:platform"]


def test_a_file_of_aliases_of_aliases_ends(tmp_path: Path) -> None:
    levels = "".join(f"l{level}: &l{level} [{', '.join([f'*l{level - 1}'] * 10)}]\n" for level in range(1, 9))
    assert "more than 200000 values" in problem_of(tmp_path, f"l0: &l0 [a]\n{levels}config: {{}}\n")


def test_the_line_of_what_is_merged_is_where_it_stands(tmp_path: Path) -> None:
    document = read(tmp_path, b"usual: &usual\n  a: 1\nconfig:\n  mlops:p:\n    <<: *usual\n    b: 2\n")
    assert (document.lines["p", "a"], document.lines["p", "b"]) == (2, 6)


def test_a_plain_password_is_not_shown_under_any_name(tmp_path: Path) -> None:
    for key in ("registry_database_password", "mlops:config:registry_database_password", _PASSWORD):
        problem = problem_of(tmp_path, f"config:\n  {key}: correct-horse\n")
        assert f"{_PASSWORD}: got a plain text (not shown)" in problem
        assert "correct-horse" not in problem
