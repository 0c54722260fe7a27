"""Whose account the environment's credentials are of."""

from pulumi_mlops._shared.aws.client import AwsError, ask, client


class OtherAccountError(AwsError):
    """The credentials are of another account than the one that a stack is for."""


def require_account(region: str, account_id: str) -> None:
    """Refuse credentials of another account, before anything is changed or deleted there.

    Args:
        region: The AWS region.
        account_id: The account that they must be of.

    Raises:
        OtherAccountError: When they are not.
    """
    found = ask(client("sts", region), "get_caller_identity")["Account"]
    if found != account_id:
        raise OtherAccountError(
            f"AWS credentials of the environment: got account {found}, expected {account_id}, "
            "fix: take on a role of that account (AWS_PROFILE, or `aws sso login`)"
        )
