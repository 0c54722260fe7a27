"""Deploys a configuration to an endpoint on SageMaker, and proves that it serves.

AWS goes back to the old configuration when a new one does not come up or an alarm goes off. The endpoint is then in
service as before, which looks like success: https://github.com/hashicorp/terraform-provider-aws/issues/48997.
"""

import contextlib
from collections.abc import Iterator, Mapping
from typing import Any

from pulumi_mlops._shared.aws.client import AwsError, MissingError, ask, client, pages
from pulumi_mlops.dynamic import endpoint_variants
from pulumi_mlops.dynamic.endpoint_scaling import VariantScaling
from pulumi_mlops.dynamic.endpoint_status import (
    FAILED,
    IN_SERVICE,
    Deadline,
    Description,
    EndpointError,
    place,
    settled,
)
from pulumi_mlops.dynamic.superseded_releases import ENDPOINT_TAG

# "Cannot update in-progress endpoint", of what another update has begun.
IN_PROGRESS = "in-progress"
ATTEMPTS = 3
OWN_TAG_PREFIX = "mlops:"
"""Tags by which an endpoint is known to be the same stack's."""


class Deployment:
    """One endpoint, on its way to what is asked of it. Whatever is so already is left as it is."""

    def __init__(self, asked: Mapping[str, Any]) -> None:
        """Ask nothing yet.

        Args:
            asked: The properties of `ManagedEndpoint`.
        """
        self._asked = asked
        self._name: str = asked["endpoint_name"]
        self._sagemaker = client("sagemaker", asked["region"])
        # The first variant is the one that answers, and the one whose machines follow the load.
        self._scaling = VariantScaling(asked["region"], self._name, asked["variants"][0]["variant_name"])

    def create(self) -> str:
        """Make the endpoint, or take up the one that an update of the same stack made before it was broken off.

        Returns:
            The endpoint's ARN.

        Raises:
            EndpointError: When it does not serve what was asked for, or the name is another's.
        """
        found = self._settled()
        if found is not None:
            self._require_ours(found)
        return self._to(found, before={})

    def update(self, olds: Mapping[str, Any]) -> str:
        """Make the endpoint what is asked for.

        Args:
            olds: The properties that were asked for before.

        Returns:
            The endpoint's ARN.

        Raises:
            EndpointError: When it does not serve what was asked for.
        """
        return self._to(self._settled(), before=olds)

    def delete(self) -> bool:
        """Take the scaling off, delete the endpoint, and wait until it is gone.

        Returns:
            Whether there was one.

        Raises:
            EndpointError: When it does not go.
        """
        self._scaling.remove()
        if self._settled() is None:
            return False
        self._delete()
        return True

    def _to(self, found: Description | None, before: Mapping[str, Any]) -> str:
        asked = self._asked
        if found is not None and found["EndpointStatus"] == FAILED:
            self._scaling.remove()
            self._delete()
            found = None
        if found is None:
            self._create()
        elif self._is_another(found, before):
            self._update(found)
        described = self._proved()
        self._set_counts(described)
        tags_before = before.get("tags", {})
        self._scaling.ensure(asked.get("scaling"), asked["tags"], tags_before)
        self._tag(described["EndpointArn"], tags_before)
        return str(described["EndpointArn"])

    def _is_another(self, found: Description, before: Mapping[str, Any]) -> bool:
        asked = self._asked
        deployment = asked.get("deployment")
        is_watched_otherwise = bool(before) and before.get("deployment") != deployment
        return found.get("EndpointConfigName") != asked["configuration"] or is_watched_otherwise

    def _create(self) -> None:
        tags = [{"Key": key, "Value": value} for key, value in self._asked["tags"].items()]
        ask(self._sagemaker, "create_endpoint", **self._request(), Tags=tags)

    def _update(self, found: Description) -> None:
        variants, retention = self._asked["variants"], {}
        if endpoint_variants.has_machines(variants):
            excluded = endpoint_variants.not_retained(variants, found)
            retention = {
                "RetainAllVariantProperties": True,
                "ExcludeRetainedVariantProperties": [{"VariantPropertyType": one} for one in excluded],
            }
        # What is to be scaled no more goes first as well: nothing is to change the number that is then fixed.
        is_in_the_way = endpoint_variants.changes_machines(variants, self._configuration(found))
        with self._unscaled() if is_in_the_way or not self._asked.get("scaling") else contextlib.nullcontext():
            self._change("update_endpoint", **self._request(), **retention)
            self._proved()

    def _request(self) -> dict[str, Any]:
        asked = self._asked
        deployment = {"DeploymentConfig": asked["deployment"]} if asked.get("deployment") else {}
        return {"EndpointName": self._name, "EndpointConfigName": asked["configuration"], **deployment}

    @contextlib.contextmanager
    def _unscaled(self) -> Iterator[None]:
        """Take the scaling off; where what follows fails, and the old machines serve on, put it on again."""
        before = self._scaling.read()
        self._scaling.remove()
        try:
            yield
        except BaseException:
            if before is not None:
                # With the tags that it had: the update, whose tags are new, has not come to them.
                self._scaling.ensure(before, {}, {})
            raise

    def _configuration(self, found: Description) -> dict[str, Any] | None:
        try:
            return ask(
                self._sagemaker, "describe_endpoint_config", EndpointConfigName=found.get("EndpointConfigName", "")
            )
        except MissingError:
            return None

    def _set_counts(self, described: Description) -> None:
        for name, count in endpoint_variants.counts_to_set(self._asked["variants"], described).items():
            # One at a time: API_UpdateEndpointWeightsAndCapacities changes the "capacity of one variant".
            wanted = [{"VariantName": name, "DesiredInstanceCount": count}]
            operation = "update_endpoint_weights_and_capacities"
            self._change(operation, EndpointName=self._name, DesiredWeightsAndCapacities=wanted)
            self._proved()

    def _change(self, operation: str, **arguments: Any) -> None:
        """Call an operation, also where the autoscaler was faster: it makes an endpoint `Updating` as we do."""
        for _ in range(ATTEMPTS):
            try:
                ask(self._sagemaker, operation, **arguments)
            except AwsError as error:
                if IN_PROGRESS not in str(error):
                    raise
                self._settled()
            else:
                return
        ask(self._sagemaker, operation, **arguments)

    def _tag(self, arn: str, before: Mapping[str, str]) -> None:
        wanted = self._asked["tags"]
        now = self._tags(arn)
        if changed := [{"Key": key, "Value": value} for key, value in wanted.items() if now.get(key) != value]:
            ask(self._sagemaker, "add_tags", ResourceArn=arn, Tags=changed)
        if gone := [key for key in before if key not in wanted and key in now]:
            ask(self._sagemaker, "delete_tags", ResourceArn=arn, TagKeys=gone)

    def _tags(self, arn: str) -> dict[str, str]:
        return {tag["Key"]: tag["Value"] for tag in pages(self._sagemaker, "list_tags", "Tags", ResourceArn=arn)}

    def _require_ours(self, found: Description) -> None:
        """Refuse an endpoint that the same stack did not make: neither its deletion nor its update is ours."""
        now = self._tags(found["EndpointArn"])
        expected = {key: value for key, value in self._asked["tags"].items() if key.startswith(OWN_TAG_PREFIX)}
        other = {key: now.get(key) for key, value in expected.items() if now.get(key) != value}
        if not other:
            return
        status = found["EndpointStatus"]
        got = f"one of this name ({status}) whose tag {ENDPOINT_TAG} is {now.get(ENDPOINT_TAG, 'missing')}"
        if ENDPOINT_TAG not in other:
            got = f"one of this name ({status}) with other tags: " + ", ".join(
                f"{key} is {value or 'missing'} and not {expected[key]}" for key, value in sorted(other.items())
            )
        fix = "choose another namespace or name; or, if nobody needs it, delete that endpoint by hand"
        raise EndpointError(
            f"{place(self._sagemaker, self._name)}: got {got}, expected none, or one that this stack made, fix: {fix}"
        )

    def _delete(self) -> None:
        try:
            self._change("delete_endpoint", EndpointName=self._name)
        except MissingError:
            return
        left = self._settled()
        if left is not None:
            got = f"{left['EndpointStatus']} after it was deleted"
            fix = "run the update again; if it stays, look at the endpoint in the console"
            raise EndpointError(f"{place(self._sagemaker, self._name)}: got {got}, expected it gone, fix: {fix}")

    def _settled(self) -> Description | None:
        return settled(self._sagemaker, self._name, Deadline(float(self._asked["wait_seconds"])))

    def _proved(self) -> Description:
        """Wait, and return what SageMaker says of the endpoint, which serves what was asked for.

        Raises:
            EndpointError: When it does not.
        """
        described, wanted = self._settled(), self._asked["configuration"]
        where = place(self._sagemaker, self._name)
        if described is None:
            fix = "run the update again, and see who deleted it"
            raise EndpointError(f"{where}: got none, expected {IN_SERVICE} with {wanted}, fix: {fix}")
        status, found = described["EndpointStatus"], described.get("EndpointConfigName", "")
        if status == IN_SERVICE and found == wanted:
            return described
        what = f"{status} with {found}"
        if status == IN_SERVICE:
            what = f"{what}: rolled back, AWS did not keep the new configuration"
        raise EndpointError(
            f"{where}: got {what}; reason: {self._reason(described)}; expected {IN_SERVICE} with {wanted}, "
            "fix: pin the version that served before; or mend the cause and run the update again"
        )

    def _reason(self, described: Description) -> str:
        alarms = ", ".join(self._asked.get("alarm_names") or []) or "none"
        look = f"look at the history of the alarms: {alarms}; and at the logs in /aws/sagemaker/Endpoints/{self._name}"
        return f"{described.get('FailureReason') or 'AWS gives none'} ({look})"
