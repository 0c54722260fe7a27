"""A new workload in a stack file: its own lines, and every other byte as it was."""

import io
from typing import Any

import pytest
from ruamel.yaml import YAML

from pulumi_mlops.cli.projects.stack_files import with_workload

SETTINGS = {
    "pipeline": {"schedule": "0 4 * * 1", "gate": {"metric": "mae", "max": 60.0}},
    "endpoint": {"replicas_min": 2, "replicas_max": 4},
}
LINES = """\
    tickets:
      pipeline:
        schedule: "0 4 * * 1"
        gate: {metric: mae, max: 60.0}
      endpoint:
        replicas_min: 2
        replicas_max: 4
"""
EMPTY = "# head\nconfig:\n  acme:platform: {environment: prod}  # here\n  acme:workloads:\n"
WITH_ONE = EMPTY + "    churn:  # the first\n      endpoint: {replicas_max: 3}\n"


def read(text: str) -> Any:
    return YAML(typ="safe").load(io.StringIO(text))


def added(text: str, name: str = "tickets", *, has_others: bool) -> str:
    return with_workload(text, "acme", name, SETTINGS, has_others=has_others)


def test_the_first_workload_stands_in_lines_of_its_own() -> None:
    assert added(EMPTY, has_others=False) == EMPTY + LINES


def test_a_further_one_stands_after_the_others() -> None:
    once = added(WITH_ONE, has_others=True)
    assert once == WITH_ONE + LINES
    assert added(once, "spam", has_others=True) == once + LINES.replace("tickets", "spam")


@pytest.mark.parametrize("tail", ["encryptionsalt: v1:abc=\n", "\n# the end\n", ""])
def test_what_follows_stays_where_it_is(tail: str) -> None:
    text = WITH_ONE + tail
    edited = added(text, has_others=True)
    assert edited.replace(LINES, "").rstrip("\n") == text.rstrip("\n")
    assert read(edited)["config"]["acme:workloads"]["tickets"] == SETTINGS


@pytest.mark.parametrize(
    ("text", "has_others"),
    [
        (EMPTY.replace("workloads:", "workloads: {}"), False),
        (EMPTY.replace("workloads:", "workloads:  # none yet"), False),
        (EMPTY.replace("  acme:workloads:\n", ""), False),
        (EMPTY.replace("workloads:", "workloads: {churn: {endpoint: {replicas_max: 3}}}"), True),
        (EMPTY.replace("workloads:", "workloads: {\n    churn: null\n    }"), True),
        ("{config: {acme:platform: {environment: prod}}}\n", False),
        (WITH_ONE.removesuffix("\n"), True),
    ],
)
def test_any_form_of_a_file_gets_it(text: str, has_others: bool) -> None:
    before, after = read(text), read(added(text, has_others=has_others))
    assert after["config"]["acme:workloads"].pop("tickets") == SETTINGS
    assert (after["config"].pop("acme:workloads") or None) == (before["config"].pop("acme:workloads", None) or None)
    assert after == before


def test_the_line_ends_of_a_windows_editor_are_kept() -> None:
    text = WITH_ONE.replace("\n", "\r\n")
    assert added(text, has_others=True) == text + LINES.replace("\n", "\r\n")
