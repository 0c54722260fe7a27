"""The tests' own stacks: those that are committed as examples may change with each promotion."""

from dataclasses import replace
from pathlib import Path

from pulumi_mlops.stack.project import find_project

_TESTS = Path(__file__).parent
PROJECT = find_project(_TESTS / "stacks")
"""One stack for each environment and target, and one on Kubernetes with a model pinned."""
PINNED_AWS = replace(PROJECT, stacks=_TESTS / "golden" / "pinned_aws")
"""Stacks on SageMaker with a model pinned."""
