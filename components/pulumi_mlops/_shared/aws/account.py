"""Where things are at AWS, and what they are called there."""

from collections.abc import Iterable
from dataclasses import dataclass

# The partitions of a region, by how its name begins. All others are of `aws`.
_PARTITIONS = {"cn-": "aws-cn", "us-gov-": "aws-us-gov", "eusc-": "aws-eusc"}
# What these services name is known without a region, or without an account.
_WITHOUT_REGION = frozenset(("iam", "s3"))
_WITHOUT_ACCOUNT = frozenset(("s3",))


def partition_of(region: str) -> str:
    """Return the partition that a region belongs to: `aws`, `aws-cn`, `aws-us-gov` or `aws-eusc`."""
    return next((partition for start, partition in _PARTITIONS.items() if region.startswith(start)), "aws")


@dataclass(frozen=True)
class AwsAccount:
    """One account in one region. ARNs are computed from it, so nothing has to be looked up."""

    account_id: str
    region: str

    @property
    def partition(self) -> str:
        """The partition of the region."""
        return partition_of(self.region)

    @property
    def root(self) -> str:
        """ARN that a policy names the whole account by."""
        return self.arn("iam", "root")

    def roots(self, account_ids: Iterable[str]) -> list[str]:
        """Return the ARNs that a policy names other accounts of this partition by."""
        return [self.arn("iam", "root", account_id=account_id) for account_id in account_ids]

    def arn(self, service: str, resource: str, *, region: str | None = None, account_id: str | None = None) -> str:
        """Return the ARN of something in this account and region.

        Args:
            service: The service's name in ARNs, such as `sagemaker`.
            resource: What follows the account, such as `pipeline/flights` or, for S3, `bucket/key`.
            region: Another region of the same partition.
            account_id: Another account.
        """
        place = "" if service in _WITHOUT_REGION else region or self.region
        owner = "" if service in _WITHOUT_ACCOUNT else account_id or self.account_id
        return f"arn:{self.partition}:{service}:{place}:{owner}:{resource}"
