"""Model packages and their groups: the operations on them that moto lacks."""

from typing import Any

from moto.core.responses import ActionResult, EmptyResult
from moto.sagemaker.exceptions import AWSValidationException
from moto.sagemaker.models import SageMakerModelBackend
from moto.sagemaker.responses import SageMakerResponse

from sandbox.aws.moto_patches import add, replace

FAKED = (
    "SageMaker DeleteModelPackage and DeleteModelPackageGroup: a group with packages is not deleted",
    "SageMaker Put-, Get- and DeleteModelPackageGroupPolicy: a policy is kept, and not obeyed",
    "SageMaker CreateModelPackage and ListModelPackages take a group's ARN for its name",
    "SageMaker UpdateModelPackage keeps what it is not told; moto forgets it",
)


def apply() -> None:
    """Put the operations into moto."""
    add(
        SageMakerResponse,
        delete_model_package,
        delete_model_package_group,
        put_model_package_group_policy,
        get_model_package_group_policy,
        delete_model_package_group_policy,
    )
    create, listing = SageMakerModelBackend.create_model_package, SageMakerModelBackend.list_model_packages

    def created(self: Any, *args: Any, **kwargs: Any) -> str:
        kwargs["model_package_group_name"] = _name(kwargs.get("model_package_group_name"))
        arn: str = create(self, *args, **kwargs)
        return arn

    def listed(self: Any, *args: Any, **kwargs: Any) -> Any:
        kwargs["model_package_group_name"] = _name(kwargs.get("model_package_group_name"))
        return listing(self, *args, **kwargs)

    update = SageMakerModelBackend.update_model_package

    def updated(self: Any, model_package_arn: str, **kwargs: Any) -> str:
        package = self.model_packages.get(self.model_package_name_mapping.get(model_package_arn, model_package_arn))
        if package is not None:
            kept = package.customer_metadata_properties or {}
            given = kwargs.get("customer_metadata_properties") or {}
            kwargs["customer_metadata_properties"] = {**kept, **given}
            kwargs["model_approval_status"] = kwargs.get("model_approval_status") or package.model_approval_status
            kwargs["approval_description"] = kwargs.get("approval_description") or package.approval_description
        arn: str = update(self, model_package_arn, **kwargs)
        return arn

    replace(
        SageMakerModelBackend,
        create_model_package=created,
        update_model_package=updated,
        list_model_packages=listed,
    )


def delete_model_package(self: SageMakerResponse) -> EmptyResult:
    """Answer DeleteModelPackage."""
    backend, given = self.sagemaker_backend, self._get_param("ModelPackageName")
    arn = backend.model_package_name_mapping.get(given, given)
    if backend.model_packages.pop(arn, None) is None:
        raise AWSValidationException(f"ModelPackage {given} does not exist.")
    return EmptyResult()


def delete_model_package_group(self: SageMakerResponse) -> EmptyResult:
    """Answer DeleteModelPackageGroup."""
    backend, group = self.sagemaker_backend, _group(self)
    name = group.model_package_group_name
    if any(package.model_package_group_name == name for package in backend.model_packages.values()):
        raise AWSValidationException(f"Model Package Group {name} cannot be deleted because it has model packages.")
    _policies(backend).pop(name, None)
    del backend.model_package_groups[name]
    return EmptyResult()


def put_model_package_group_policy(self: SageMakerResponse) -> ActionResult:
    """Answer PutModelPackageGroupPolicy."""
    group = _group(self)
    _policies(self.sagemaker_backend)[group.model_package_group_name] = self._get_param("ResourcePolicy")
    return ActionResult({"ModelPackageGroupArn": group.arn})


def get_model_package_group_policy(self: SageMakerResponse) -> ActionResult:
    """Answer GetModelPackageGroupPolicy."""
    name = _group(self).model_package_group_name
    policy = _policies(self.sagemaker_backend).get(name)
    if policy is None:
        raise AWSValidationException(f"Cannot find resource policy for model package group {name}.")
    return ActionResult({"ResourcePolicy": policy})


def delete_model_package_group_policy(self: SageMakerResponse) -> EmptyResult:
    """Answer DeleteModelPackageGroupPolicy."""
    _policies(self.sagemaker_backend).pop(_group(self).model_package_group_name, None)
    return EmptyResult()


def _group(self: SageMakerResponse) -> Any:
    name = _name(self._get_param("ModelPackageGroupName"))
    group = None if name is None else self.sagemaker_backend.model_package_groups.get(name)
    if group is None:
        raise AWSValidationException(f"ModelPackageGroup {name} does not exist.")
    return group


def _policies(backend: Any) -> dict[str, str]:
    policies: dict[str, str] = backend.__dict__.setdefault("mlops_group_policies", {})
    return policies


def _name(name_or_arn: str | None) -> str | None:
    return None if name_or_arn is None else name_or_arn.rpartition("/")[2]
