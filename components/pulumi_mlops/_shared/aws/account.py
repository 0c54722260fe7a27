"""An AWS account in one region, and the names of what is in it."""

from dataclasses import dataclass

_PARTITIONS = {"cn-": "aws-cn", "us-gov-": "aws-us-gov"}
# Of what these services have, the ARN names no region; of S3's buckets, no account either.
_GLOBAL = ("iam", "s3")
_WITHOUT_ACCOUNT = ("s3",)


@dataclass(frozen=True)
class AwsAccount:
    """Where a stack's resources are.

    Attributes:
        account_id: The account's number, 12 digits.
        region: The region, such as eu-west-1.
    """

    account_id: str
    region: str

    @property
    def partition(self) -> str:
        """The part of AWS that the region belongs to: aws, aws-cn or aws-us-gov."""
        return next((name for prefix, name in _PARTITIONS.items() if self.region.startswith(prefix)), "aws")

    @property
    def domain(self) -> str:
        """The domain that the region's services answer in."""
        return "amazonaws.com.cn" if self.partition == "aws-cn" else "amazonaws.com"

    def arn(self, service: str, resource: str, *, region: str | None = None, account_id: str | None = None) -> str:
        """Return an ARN.

        Args:
            service: Such as `sagemaker`.
            resource: What it names there, such as `endpoint/flights-dev-flight-delay`.
            region: Defaults to this region; services without regions have none.
            account_id: Defaults to this account; S3's buckets have none.
        """
        place = "" if service in _GLOBAL else region or self.region
        owner = "" if service in _WITHOUT_ACCOUNT else account_id or self.account_id
        return f"arn:{self.partition}:{service}:{place}:{owner}:{resource}"
