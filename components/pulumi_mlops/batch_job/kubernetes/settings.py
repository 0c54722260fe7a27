"""A batch's arguments on Kubernetes, checked and complete."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi

from pulumi_mlops._shared import locations, values
from pulumi_mlops._shared.arguments import Arguments
from pulumi_mlops._shared.aws import values as aws_values
from pulumi_mlops.batch_job import settings as neutral
from pulumi_mlops.batch_job.args import KubernetesBatchJobArgs

# A run's Job is named after the batch, with up to eleven characters more; a CronJob takes 52.
LONGEST_NAME = 52
_OF_S3 = ("s3_endpoint_url", "s3_region", "s3_credentials_secret_name")


@dataclass(frozen=True, kw_only=True)
class BatchSettings(neutral.NeutralBatchSettings):
    """Everything that the batch's documents are made of."""

    namespace: pulumi.Input[str]
    registry_url: pulumi.Input[str]
    cpu: str
    memory: str
    model_volume_gib: int
    s3_endpoint_url: str | None
    s3_region: str | None
    s3_credentials_secret_name: pulumi.Input[str] | None
    allowed_egress_cidrs: Sequence[pulumi.Input[str]]
    pod_annotations: Mapping[str, pulumi.Input[str]]
    service_account_annotations: Mapping[str, pulumi.Input[str]]
    image_pull_secret_names: Sequence[pulumi.Input[str]]
    cluster_assigned_user: bool

    @property
    def uses_s3(self) -> bool:
        """Whether the input or the output is in a bucket."""
        return any(location.startswith(locations.S3) for location in (self.input, self.output))


def resolve(name: str, args: KubernetesBatchJobArgs) -> BatchSettings:
    """Check the arguments and fill in the defaults.

    Raises:
        ArgumentsError: With every problem of the plain values. Outputs are checked where they are used.
    """
    arguments = Arguments("KubernetesBatchJob", name, args, KubernetesBatchJobArgs)
    arguments.check("name", name, values.name_of_at_most(LONGEST_NAME))
    read = arguments.read
    everywhere = neutral.read_neutral(arguments, name, image=values.image, location=values.table_location)
    settings = BatchSettings(
        **vars(everywhere),
        namespace=read("kubernetes.namespace", values.namespace),
        registry_url=read("registry_url", values.reachable_url),
        cpu=read("kubernetes.cpu", values.cpu, neutral.DEFAULT_CPU),
        memory=read("kubernetes.memory", values.memory, neutral.DEFAULT_MEMORY),
        model_volume_gib=arguments.number("kubernetes.model_volume_gib", neutral.MODEL_VOLUME_GIB),
        s3_endpoint_url=read("kubernetes.s3_endpoint_url", values.reachable_url),
        s3_region=read("kubernetes.s3_region", aws_values.region),
        s3_credentials_secret_name=read("kubernetes.s3_credentials_secret_name", values.object_name),
        allowed_egress_cidrs=arguments.items("kubernetes.allowed_egress_cidrs", values.address_range),
        pod_annotations=arguments.mapping("kubernetes.pod_annotations", values.annotation_key),
        service_account_annotations=arguments.mapping("kubernetes.service_account_annotations", values.annotation_key),
        image_pull_secret_names=arguments.items("kubernetes.image_pull_secret_names", values.object_name),
        cluster_assigned_user=bool(read("kubernetes.cluster_assigned_user", default=False)),
    )
    if not settings.uses_s3 and arguments.sound("input", "output"):
        for key in _OF_S3:
            if (given := read(f"kubernetes.{key}")) is not None:
                arguments.add(f"kubernetes.{key}", given, "no setting of S3: input and output are volumes", "remove it")
    arguments.finish()
    return settings
