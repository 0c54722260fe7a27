"""The operations on feature groups, put into moto.

Pages are those below https://docs.aws.amazon.com/sagemaker/latest/APIReference/.
"""

from collections.abc import Callable
from typing import Any

from moto.core.responses import ActionResult, EmptyResult
from moto.sagemaker.exceptions import AWSValidationException, ResourceInUseException, ResourceNotFound
from moto.sagemaker.models import SageMakerModelBackend
from moto.sagemaker.responses import SageMakerResponse
from moto.utilities.utils import get_partition

from sandbox.aws.fakes.kept import kept_of
from sandbox.aws.faults import Kind, faults
from sandbox.aws.feature_store import catalog, rules
from sandbox.aws.feature_store.group import CREATED, Group
from sandbox.aws.moto_patches import add, replace

FAKED = (
    "SageMaker CreateFeatureGroup: Creating at first; what AWS refuses is refused; with `end_failed` CreateFailed",
    "SageMaker CreateFeatureGroup: at most four at a time, ResourceLimitExceeded beyond; the Glue table is made",
    "SageMaker UpdateFeatureGroup: features are added, or the time to live is set, one at a time; moto lacks it",
    "SageMaker DescribeFeatureGroup: an online store, the last update; a missing group has AWS's error; moto fails",
    "SageMaker DeleteFeatureGroup: the online records go; what is in S3 and the Glue table stay; moto lacks it",
    "SageMaker ListFeatureGroups, and the tags of feature groups; moto lacks both",
)
_MEMBERS = (
    *("FeatureGroupName", "RecordIdentifierFeatureName", "EventTimeFeatureName", "FeatureDefinitions"),
    *("OnlineStoreConfig", "OfflineStoreConfig", "ThroughputConfig", "RoleArn", "Description"),
)


class LimitExceeded(AWSValidationException):
    """Too much of something at a time."""

    code = "ResourceLimitExceeded"


def apply() -> None:
    """Put the operations into moto."""
    replace(
        SageMakerResponse,
        create_feature_group=_answering(create_feature_group),
        describe_feature_group=_answering(describe_feature_group),
    )
    add(SageMakerResponse, update_feature_group, delete_feature_group, list_feature_groups)
    from_arn = SageMakerModelBackend._get_resource_from_arn  # noqa: SLF001 - moto's only place for it

    def found(self: Any, arn: str) -> Any:
        if ":feature-group/" in arn:
            return _found(self, arn)
        return from_arn(self, arn)

    replace(SageMakerModelBackend, _get_resource_from_arn=found)


def groups(backend: Any) -> dict[str, Group]:
    """Return the feature groups of one account and region, by name."""
    return kept_of(backend, "feature_group")


def create_feature_group(self: SageMakerResponse) -> ActionResult:
    """Answer CreateFeatureGroup."""
    backend: Any = self.sagemaker_backend
    given = {member: self._get_param(member) for member in _MEMBERS}
    request = {member: value for member, value in given.items() if value is not None}
    rules.creation(request)
    name, there = request["FeatureGroupName"], groups(backend)
    if name.lower() in {known.lower() for known in there}:
        raise ResourceInUseException(
            f"Resource Already Exists: FeatureGroup with name {name} already exists. Choose a different name."
        )
    if sum(one.status == "Creating" for one in there.values()) >= rules.MOST_CREATIONS:
        raise LimitExceeded(
            "Maximum number of concurrent feature group creation workflows has been reached: "
            f"{rules.MOST_CREATIONS}. Try again later."
        )
    partition = get_partition(backend.region_name)
    # AWS writes the name in lower case there.
    arn = f"arn:{partition}:sagemaker:{backend.region_name}:{backend.account_id}:feature-group/{name.lower()}"
    group = Group(arn, request, list(self._get_param("Tags") or []))
    fault = faults.take("SageMaker", "CreateFeatureGroup", Kind.END_FAILED)
    if fault is not None:
        group.next_status, group.failure_reason = "CreateFailed", fault.reason
    else:
        catalog.create_table(group)
    there[name] = group
    return ActionResult({"FeatureGroupArn": arn})


def describe_feature_group(self: SageMakerResponse) -> ActionResult:
    """Answer DescribeFeatureGroup."""
    group = _group(self)
    answer = group.describe()
    if group.status == "Deleted":
        del groups(self.sagemaker_backend)[group.name]
    # The first page has 2,500 features, and so all of them.
    return ActionResult({key: value for key, value in answer.items() if value is not None})


def update_feature_group(self: SageMakerResponse) -> ActionResult:
    """Answer UpdateFeatureGroup."""
    group = _group(self)
    request = {key: self._get_param(key) for key in ("FeatureAdditions", "OnlineStoreConfig", "ThroughputConfig")}
    # `{"TtlDuration": {}}` has neither unit nor value, which takes the time to live away.
    _checked(lambda: rules.update(request, rules.names_of(group.definitions), is_online=group.is_online))
    if group.status != CREATED:
        raise AWSValidationException(f"FeatureGroup {group.name} cannot be updated while it is {group.status}.")
    if (group.last_update or {}).get("Status") == "InProgress":
        # API_ThroughputConfigUpdate says of one change that it waits for another that is in progress.
        raise AWSValidationException(f"FeatureGroup {group.name} cannot be updated: another update is in progress.")
    fault = faults.take("SageMaker", "UpdateFeatureGroup", Kind.END_FAILED)
    group.begin_update(fault.reason if fault else None)
    if fault is None:
        _change(group, request)
    return ActionResult({"FeatureGroupArn": group.arn})


def delete_feature_group(self: SageMakerResponse) -> EmptyResult:
    """Answer DeleteFeatureGroup.

    "Data written into the OfflineStore will not be deleted. The AWS Glue database and tables that are automatically
    created for your OfflineStore are not deleted."
    """
    group = _group(self)
    if group.status in ("Creating", "Deleting"):
        raise ResourceInUseException(f"FeatureGroup {group.name} cannot be deleted while it is {group.status}.")
    fault = faults.take("SageMaker", "DeleteFeatureGroup", Kind.END_FAILED)
    group.status, group.next_status = "Deleting", "DeleteFailed" if fault else "Deleted"
    group.failure_reason = fault.reason if fault else ""
    group.records.clear()
    return EmptyResult()


def list_feature_groups(self: SageMakerResponse) -> ActionResult:
    """Answer ListFeatureGroups."""
    part, status = self._get_param("NameContains") or "", self._get_param("FeatureGroupStatusEquals")
    found = [
        {
            "FeatureGroupName": one.name,
            "FeatureGroupArn": one.arn,
            "CreationTime": one.creation_time,
            "FeatureGroupStatus": one.status,
        }
        for one in groups(self.sagemaker_backend).values()
        if part in one.name and status in (None, one.status)
    ]
    return ActionResult({"FeatureGroupSummaries": found})


def _change(group: Group, request: dict[str, Any]) -> None:
    if request["FeatureAdditions"]:
        group.definitions.extend(request["FeatureAdditions"])
        catalog.update_table(group)
    if request["OnlineStoreConfig"]:
        online = group.request["OnlineStoreConfig"]
        online.pop("TtlDuration", None)
        duration = request["OnlineStoreConfig"].get("TtlDuration")
        if rules.seconds(duration) is not None:
            online["TtlDuration"] = duration
    if request["ThroughputConfig"]:
        group.request["ThroughputConfig"] = request["ThroughputConfig"]


def _answering(operation: Callable[[Any], ActionResult]) -> Callable[[Any], ActionResult]:
    def answered(self: Any) -> ActionResult:
        answer: ActionResult = _checked(lambda: operation(self))
        return answer

    return answered


def _checked(call: Callable[[], Any]) -> Any:
    try:
        return call()
    except rules.Refused as refused:
        raise AWSValidationException(str(refused)) from refused


def _group(self: SageMakerResponse) -> Group:
    return _found(self.sagemaker_backend, self._get_param("FeatureGroupName"))


def _found(backend: Any, name_or_arn: str) -> Group:
    name = name_or_arn.rpartition("/")[2].lower()
    for known, group in groups(backend).items():
        if known.lower() == name:
            return group
    raise ResourceNotFound(
        f"Resource Not Found: Amazon SageMaker can't find a FeatureGroup with name {name}. "
        "Check the FeatureGroupName. [...]"
    )
