"""A stack's bucket on SageMaker."""

import pulumi
import pulumi_aws as aws

from pulumi_mlops.model_registry.sagemaker.storage import render
from pulumi_mlops.model_registry.sagemaker.storage.args import SageMakerStorageArgs
from pulumi_mlops.model_registry.sagemaker.storage.settings import resolve


class SageMakerStorage(pulumi.ComponentResource):
    """A private, versioned, encrypted bucket for what runs, models and endpoints leave.

    Runs write below `runs/`, models lie below `models/`, captured requests below `data-capture/`, and the answers of
    asynchronous endpoints below `async/`.
    """

    bucket_name: pulumi.Output[str]
    """Name of the bucket, known once the bucket is private, versioned and encrypted."""
    bucket_arn: pulumi.Output[str]
    """ARN of the bucket."""

    def __init__(self, name: str, args: SageMakerStorageArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Declare a bucket.

        Args:
            name: Name in Pulumi. The bucket is named by its namespace, account and region.
            args: See `SageMakerStorageArgs`.
            opts: Options of the component; an AWS provider among them is used for everything in it.

        Raises:
            ArgumentsError: With everything that is wrong with the arguments.
        """
        super().__init__("mlops:index:SageMakerStorage", name, {}, opts)
        settings = resolve(name, args)
        # Whoever forces a protected bucket out of the stack still does not delete what is in it.
        protected = pulumi.ResourceOptions(
            parent=self, protect=settings.protect_data, retain_on_delete=settings.protect_data
        )
        self.bucket = aws.s3.Bucket(name, **render.bucket(settings), opts=protected)
        """The bucket."""
        waiting = pulumi.ResourceOptions(parent=self, depends_on=[self.bucket])
        private = aws.s3.BucketPublicAccessBlock(name, **render.public_access_block(settings), opts=waiting)
        owned = aws.s3.BucketOwnershipControls(name, **render.ownership_controls(settings), opts=waiting)
        versioned = aws.s3.BucketVersioning(name, **render.versioning(settings), opts=waiting)
        encrypted = aws.s3.BucketServerSideEncryptionConfiguration(name, **render.encryption(settings), opts=waiting)
        # S3 refuses a policy while it is taking in who may see the bucket, and rules on versions that it does not keep.
        governed = aws.s3.BucketPolicy(
            name,
            **render.bucket_policy(settings),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[self.bucket, private, owned]),
        )
        aws.s3.BucketLifecycleConfiguration(
            name,
            **render.lifecycle(settings),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[self.bucket, versioned]),
        )
        # The name is known in a preview, and nothing is written before all of these are there.
        ready = [part.bucket for part in (private, owned, versioned, encrypted, governed)]
        self.bucket_name = pulumi.Output.all(*ready).apply(lambda _: settings.bucket_name)
        self.bucket_arn = self.bucket_name.apply(lambda known: settings.common.account.arn("s3", known))
        self.register_outputs({"bucket_name": self.bucket_name, "bucket_arn": self.bucket_arn})
