"""What a provider does for its resources beside creating, changing and deleting them."""

import pytest

from sandbox.plugins.protocol.errors import FailedOutcomeError, ProviderError
from sandbox.plugins.protocol.values import Secret
from tests.unit.sandbox.plugins.aws.hosting import A_MODEL, CONFIGURATION, IMAGE, MODEL, VARIANT
from tests.unit.sandbox.plugins.aws.stack import ACCOUNT, Stack

BUCKET = "aws:s3/bucket:Bucket"
ROLE = "aws:iam/role:Role"
ROLE_POLICY = "aws:iam/rolePolicy:RolePolicy"
SERVICE = {"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}, "Action": "sts:AssumeRole"}
TRUST = {"Version": "2012-10-17", "Statement": [SERVICE]}


def test_drift_is_found_and_put_right(stack: Stack) -> None:
    inputs = {"name": "flights", "assumeRolePolicy": TRUST}
    stack.up(ROLE, **inputs, tags={"owner": "flights"})
    call = stack.caller("iam")
    call("UpdateRole", {"RoleName": "flights", "Description": "by hand", "MaxSessionDuration": 7200})
    call("TagRole", {"RoleName": "flights", "Tags": [{"Key": "owner", "Value": "somebody"}]})
    assert stack.refresh(ROLE)
    now = stack.state["x"].inputs
    assert (now["description"], now["maxSessionDuration"], now["tags"]) == ("by hand", 7200, {"owner": "somebody"})
    done = stack.up(ROLE, **inputs, tags={"owner": "flights"})
    assert done == "updated description maxSessionDuration tags.owner tagsAll.owner"
    assert stack.up(ROLE, **inputs, tags={"owner": "flights"}) == "same"


def test_what_was_deleted_elsewhere_is_made_anew(stack: Stack) -> None:
    stack.up(MODEL, **A_MODEL)
    stack.caller("sagemaker")("DeleteModel", {"ModelName": "flights"})
    assert not stack.refresh(MODEL)
    assert stack.up(MODEL, **A_MODEL) == "created"


def test_default_tags_reach_everything_and_their_change_is_an_update(stack: Stack) -> None:
    stack.default_tags(owner="flights")
    stack.up(MODEL, **A_MODEL, tags={"own": "1"})
    assert stack.state["x"].outputs["tagsAll"] == {"own": "1", "owner": "flights"}
    assert stack.state["x"].outputs["tags"] == {"own": "1"}
    stack.default_tags(owner="delays")
    assert stack.up(MODEL, **A_MODEL, tags={"own": "1"}) == "updated tagsAll.owner"
    live = stack.caller("sagemaker")("ListTags", {"ResourceArn": stack.state["x"].outputs["arn"]})["Tags"]
    assert {each["Key"]: each["Value"] for each in live} == {"own": "1", "owner": "delays"}


def test_an_import_finds_inputs_that_change_nothing(stack: Stack) -> None:
    inputs = {**A_MODEL, "tags": {"owner": "flights"}}
    stack.up(MODEL, **inputs)
    entry = stack.import_(MODEL, "flights", "taken")
    assert entry.id == "flights"
    assert entry.inputs["primaryContainer"] == {"image": IMAGE, "mode": "SingleModel"}
    assert entry.inputs["tags"] == {"owner": "flights"}
    assert stack.up(MODEL, "taken", **inputs) == "same"


def test_secrets_stay_secret_in_what_comes_back(stack: Stack) -> None:
    container = {"image": IMAGE, "environment": {"TOKEN": Secret("s3cr3t-t0ken"), "OTHER": "o"}}
    stack.up(MODEL, **{**A_MODEL, "primaryContainer": container})
    outputs = stack.state["x"].outputs
    assert outputs["primaryContainer"]["environment"] == {"TOKEN": Secret("s3cr3t-t0ken"), "OTHER": "o"}
    assert stack.refresh(MODEL)
    assert stack.state["x"].outputs == outputs
    assert stack.state["x"].inputs["primaryContainer"]["environment"]["TOKEN"] == Secret("s3cr3t-t0ken")


def test_errors_do_not_tell_secrets(stack: Stack) -> None:
    stack.up(MODEL, **A_MODEL)
    with pytest.raises(ProviderError) as caught:
        stack.up(MODEL, "second", **{**A_MODEL, "name": Secret("flights")})
    assert "flights" not in str(caught.value)
    assert "[secret]" in str(caught.value)


def test_somebody_elses_object_is_not_taken_over(stack: Stack) -> None:
    stack.up(MODEL, **A_MODEL)
    with pytest.raises(ProviderError, match="already existing"):
        stack.up(MODEL, "second", **A_MODEL)


def test_what_a_killed_update_had_created_is_taken_up_again(stack: Stack) -> None:
    stack.up(MODEL, **A_MODEL)
    del stack.state["x"]  # as when the engine was killed before it could note it
    stack.restart()
    assert stack.up(MODEL, **A_MODEL, tags={"owner": "flights"}) == "created"
    assert stack.state["x"].outputs["tagsAll"] == {"owner": "flights"}, "and made what is asked for now"
    stack.down(MODEL)
    stack.up(MODEL, "second", **A_MODEL)
    with pytest.raises(ProviderError, match="already existing"):
        stack.up(MODEL, **A_MODEL)


def test_what_pulumi_knew_of_and_has_let_go_is_not_taken_up_again(stack: Stack) -> None:
    stack.up(MODEL, **A_MODEL)
    assert stack.up(MODEL, **A_MODEL) == "same"
    del stack.state["x"]  # as when a resource with `retain_on_delete` is removed
    with pytest.raises(ProviderError, match="already existing"):
        stack.up(MODEL, **A_MODEL)


def test_what_a_killed_update_had_created_must_be_what_is_asked_for(stack: Stack) -> None:
    stack.up(MODEL, **A_MODEL)
    del stack.state["x"]
    other = {**A_MODEL, "primaryContainer": {"image": IMAGE.replace("a" * 64, "b" * 64)}}
    with pytest.raises(FailedOutcomeError, match=r"differs in primaryContainer.image; delete it first"):
        stack.up(MODEL, **other)


def test_a_bucket_with_objects_is_deleted_only_by_force(stack: Stack) -> None:
    stack.up(BUCKET, bucket="flights")
    call = stack.caller("s3")
    call("PutBucketVersioning", {"Bucket": "flights", "VersioningConfiguration": {"Status": "Enabled"}})
    for body in (b"1", b"2"):
        call("PutObject", {"Bucket": "flights", "Key": "runs/x", "Body": body})
    entry = stack.state["x"]
    with pytest.raises(ProviderError, match="BucketNotEmpty"):
        stack.down(BUCKET)
    stack.state["x"] = entry
    assert stack.up(BUCKET, bucket="flights", forceDestroy=True) == "updated forceDestroy"
    stack.down(BUCKET)


def test_a_role_with_policies_is_deleted_only_by_force(stack: Stack) -> None:
    role = {"name": "flights", "assumeRolePolicy": TRUST}
    stack.up(ROLE, **role)
    allowed = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::x/*"}
    stack.up(ROLE_POLICY, "p", role="flights", name="p", policy={"Version": "2012-10-17", "Statement": [allowed]})
    entry = stack.state["x"]
    with pytest.raises(ProviderError, match="DeleteConflict"):
        stack.down(ROLE)
    stack.state["x"] = entry
    stack.up(ROLE, **role, forceDetachPolicies=True)
    stack.down(ROLE)


def test_a_name_is_made_from_its_prefix_when_the_object_is_created(stack: Stack) -> None:
    inputs = {"namePrefix": "flights-", "productionVariants": [VARIANT]}
    stack.up(MODEL, "model", **A_MODEL)
    stack.up(CONFIGURATION, **inputs)
    assert stack.state["x"].id.startswith("flights-2")
    assert stack.up(CONFIGURATION, **inputs) == "same"
    assert stack.refresh(CONFIGURATION)
    assert stack.up(CONFIGURATION, **inputs) == "same"


def test_ignored_changes_are_left_out(stack: Stack) -> None:
    stack.up(MODEL, **A_MODEL, tags={"a": "1"})
    inputs = stack.check(MODEL, "x", **{**A_MODEL, "enableNetworkIsolation": True}, tags={"a": "2"})
    entry = stack.state["x"]
    found = stack.provider.diff(
        stack.resource(MODEL, "x"), entry.inputs, entry.outputs, inputs, ["tags", "tagsAll", "enableNetworkIsolation"]
    )
    assert found.changes == ()


def test_an_object_with_a_fixed_name_goes_before_its_replacement(stack: Stack) -> None:
    stack.up(MODEL, "fixed", **A_MODEL)
    fixed = stack.check(MODEL, "fixed", **{**A_MODEL, "enableNetworkIsolation": True})
    assert stack.diff(MODEL, "fixed", fixed).deletes_first
    renamed = stack.check(MODEL, "fixed", **{**A_MODEL, "name": "another"})
    assert stack.diff(MODEL, "fixed", renamed).deletes_first
    unnamed = {key: value for key, value in A_MODEL.items() if key != "name"}
    stack.up(MODEL, "automatic", **unnamed)
    automatic = stack.check(MODEL, "automatic", **{**unnamed, "enableNetworkIsolation": True})
    assert not stack.diff(MODEL, "automatic", automatic).deletes_first


def test_only_the_allowed_accounts_are_changed(stack: Stack) -> None:
    stack.restart(allowed_accounts=frozenset({"210987654321"}))
    with pytest.raises(ProviderError, match=f"account {ACCOUNT}: expected one of the provider's allowedAccountIds"):
        stack.up(MODEL, **A_MODEL)
    stack.restart(allowed_accounts=frozenset({ACCOUNT}), forbidden_accounts=frozenset({"1"}))
    assert stack.up(MODEL, **A_MODEL) == "created"
