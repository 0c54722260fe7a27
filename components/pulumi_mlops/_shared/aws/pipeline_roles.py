"""Who acts for a SageMaker pipeline, whatever it does: SageMaker itself, EventBridge Scheduler, and the jobs' code."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum

import pulumi

from pulumi_mlops._shared.aws import policies
from pulumi_mlops._shared.aws.account import AwsAccount
from pulumi_mlops._shared.aws.policies import statement
from pulumi_mlops._shared.aws.roles import RoleSettings, role_arn
from pulumi_mlops._shared.documents import Document

EXECUTION, SCHEDULE = "execution", "schedule"
"""Ends of roles' names: SageMaker's, which starts the jobs, and EventBridge Scheduler's, which starts the pipeline."""


@dataclass(frozen=True)
class PipelineRoles:
    """The roles of one pipeline: named after it, with its tags.

    Attributes:
        account: The pipeline's account.
        aws_name: The pipeline's name on AWS.
        tags: Tags of the roles.
        permissions_boundary_arn: Their permissions boundary, if any.
    """

    account: AwsAccount
    aws_name: str
    tags: Mapping[str, pulumi.Input[str]]
    permissions_boundary_arn: pulumi.Input[str] | None = None

    @property
    def pipeline_arn(self) -> str:
        """The pipeline's ARN."""
        return self.account.arn("sagemaker", f"pipeline/{self.aws_name}")

    def name(self, role: str | Enum) -> str:
        """Return the name of a role.

        Args:
            role: How its name ends.
        """
        return f"{self.aws_name}-{role.value if isinstance(role, Enum) else role}"

    def arn(self, role: str | Enum) -> str:
        """Return the ARN of a role."""
        return role_arn(self.account, self.name(role))

    def jobs(
        self,
        role: str | Enum,
        description: str,
        sources: Iterable[str],
        statements: Iterable[Document],
        network_and_keys: Iterable[Document],
    ) -> RoleSettings:
        """Return what the jobs' code runs as.

        Args:
            role: How its name ends.
            description: What it is.
            sources: ARNs of the jobs that may take it on.
            statements: What it is allowed.
            network_and_keys: What it is allowed of networks and keys.
        """
        trust = policies.trust_policy(policies.SAGEMAKER, self.account, list(sources))
        return self._role(role, description, trust, statements, network_and_keys)

    def execution(self, of: str, statements: Iterable[Document], keys: Iterable[Document]) -> RoleSettings:
        """Return what SageMaker starts the jobs as.

        Args:
            of: What the pipeline is.
            statements: What it is allowed.
            keys: What it is allowed of keys.
        """
        source = policies.pipeline_source(self.account, self.aws_name)
        trust = policies.trust_policy(policies.SAGEMAKER, self.account, [source])
        return self._role(EXECUTION, f"Execution role of {of} {self.aws_name}", trust, statements, keys)

    def schedule(self, of: str) -> RoleSettings:
        """Return what EventBridge Scheduler starts the pipeline as.

        Args:
            of: What the pipeline is.
        """
        trust = policies.trust_policy(policies.SCHEDULER, self.account, [policies.schedule_source(self.account)])
        start = statement(["sagemaker:StartPipelineExecution"], [self.pipeline_arn], sid="StartPipeline")
        return self._role(SCHEDULE, f"Starts the {of} {self.aws_name}", trust, [start])

    def _role(
        self,
        role: str | Enum,
        description: str,
        trust: Document,
        statements: Iterable[Document],
        network_and_keys: Iterable[Document] = (),
    ) -> RoleSettings:
        return RoleSettings(
            role_name=self.name(role),
            description=description,
            trust=trust,
            statements=list(statements),
            network_and_key_statements=list(network_and_keys),
            tags=self.tags,
            permissions_boundary_arn=self.permissions_boundary_arn,
        )
