"""Every log group that a stack's roles may write to stands on the page that tells how to set its retention."""

import re
from collections.abc import Iterator

from tests.unit.documents.pages import ROOT, Page

PAGE = Page(ROOT / "docs/aws-accounts.md", (ROOT / "docs/aws-accounts.md").read_text(encoding="utf-8"))
# The rendered stacks, which another test holds against the programs.
RENDERED = sorted((ROOT / "tests/golden").rglob("*-aws.yaml"))
CHANGING = re.compile(r"logs:(?:Put(?:Retention|Resource)Policy|Delete\w+|\*)")
_GROUP = re.compile(r":log-group:(/[\w./#-]+)")
_ENDPOINTS = "/aws/sagemaker/Endpoints/"


def groups_in(text: str) -> Iterator[str]:
    """Yield each log group in policies; the part of it that is an endpoint's own name stands as on the page."""
    for group in _GROUP.findall(text):
        yield f"{_ENDPOINTS}<endpoint>" if group.startswith(_ENDPOINTS) else group


def test_every_log_group_is_told() -> None:
    groups = {group for path in RENDERED for group in groups_in(path.read_text(encoding="utf-8"))}

    assert len(groups) > 2
    assert groups - set(PAGE.spans) == set()


def test_no_role_changes_how_long_logs_are_kept() -> None:
    assert [path.name for path in RENDERED if CHANGING.search(path.read_text(encoding="utf-8"))] == []


def test_what_is_not_told_is_found() -> None:
    arns = "arn:aws:logs:eu-west-1:111111111111:log-group:/aws/sagemaker/TransformJobs:*"
    assert list(groups_in(arns)) == ["/aws/sagemaker/TransformJobs"]
    assert "/aws/sagemaker/TransformJobs" not in PAGE.spans
    assert CHANGING.search('"logs:PutRetentionPolicy"')
    assert not CHANGING.search('"logs:PutLogEvents"')
