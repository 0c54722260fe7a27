"""The arguments of pulumi_aws' classes, for a checker: a key that is none of theirs is an error where it is written."""

from collections.abc import Mapping
from typing import TypedDict

import pulumi


class ModelPackageGroup(TypedDict):
    """What `sagemaker.ModelPackageGroup` takes."""

    model_package_group_name: pulumi.Input[str]
    model_package_group_description: pulumi.Input[str]
    tags: Mapping[str, pulumi.Input[str]]


class ModelPackageGroupPolicy(TypedDict):
    """What `sagemaker.ModelPackageGroupPolicy` takes."""

    model_package_group_name: pulumi.Input[str]
    resource_policy: pulumi.Input[str]
