"""Holds instance types against what AWS offers in the stack's region, by the lists that come with this package."""

from collections.abc import Iterator

from pulumi_mlops._shared.aws.instance_types import InstanceUse, regions, supported
from pulumi_mlops._shared.suggest import did_you_mean
from pulumi_mlops.stack.document import StackDocument
from pulumi_mlops.stack.problems import Problem, shown

_REGION = ("platform", "sagemaker", "region")


def region_of(document: StackDocument) -> str | None:
    """Return the stack's region where it is one of the lists; None where nothing can be held against them."""
    region = document.at(*_REGION)
    return region if isinstance(region, str) and region in regions() else None


def problems_of(document: StackDocument, path: tuple[str, ...], use: InstanceUse) -> Iterator[Problem]:
    """Yield a problem where an instance type does not exist in the region, or not for its use."""
    region, given = region_of(document), document.at(*path)
    if region is None or not isinstance(given, str):
        return
    known = supported(region, use)
    if given in known:
        return
    others = [other.value for other in InstanceUse if given in supported(region, other)]
    because = f", which is for {' and '.join(others)} only" if others else ""
    yield document.problem(
        path,
        got=f"{shown(given)}{because}",
        expected=f"an instance type for {use.value} in {region}",
        fix=did_you_mean(given, sorted(known)) or "choose one, such as ml.m5.large",
    )


def region_problems(document: StackDocument) -> Iterator[Problem]:
    """Yield a problem where the region is none of the lists."""
    region = document.at(*_REGION)
    if isinstance(region, str) and region not in regions():
        yield document.problem(
            _REGION,
            got=shown(region),
            expected="a region with SageMaker",
            fix=did_you_mean(region, sorted(regions())) or "write it like eu-west-1",
        )
