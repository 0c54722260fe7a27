"""Tags, where moto keeps none."""

import json
from typing import Any

from moto.applicationautoscaling.responses import ApplicationAutoScalingResponse
from moto.sagemaker.models import SageMakerModelBackend

from sandbox.aws.moto_patches import add, replace

FAKED = (
    "Application Auto Scaling ListTagsForResource, TagResource and UntagResource",
    "Application Auto Scaling RegisterScalableTarget: tags are kept",
    "SageMaker ListTags: what was created without tags has none; moto fails",
)


def apply() -> None:
    """Put the operations into moto."""
    add(ApplicationAutoScalingResponse, list_tags_for_resource, tag_resource, untag_resource)
    register = ApplicationAutoScalingResponse.register_scalable_target

    def registered(self: Any) -> str:
        answer: str = register(self)
        arn = json.loads(answer).get("ScalableTargetARN", "")
        _of(self, arn).update(self._get_param("Tags") or {})
        return answer

    replace(ApplicationAutoScalingResponse, register_scalable_target=registered)
    from_arn = SageMakerModelBackend._get_resource_from_arn  # noqa: SLF001 - moto's only place for it

    def found(self: Any, arn: str) -> Any:
        resource = from_arn(self, arn)
        if resource is not None and getattr(resource, "tags", None) is None:
            resource.tags = []
        return resource

    replace(SageMakerModelBackend, _get_resource_from_arn=found)


def list_tags_for_resource(self: ApplicationAutoScalingResponse) -> str:
    """Answer ListTagsForResource."""
    return json.dumps({"Tags": _tags(self)})


def tag_resource(self: ApplicationAutoScalingResponse) -> str:
    """Answer TagResource."""
    _tags(self).update(self._get_param("Tags") or {})
    return "{}"


def untag_resource(self: ApplicationAutoScalingResponse) -> str:
    """Answer UntagResource."""
    for key in self._get_param("TagKeys") or []:
        _tags(self).pop(key, None)
    return "{}"


def _tags(self: ApplicationAutoScalingResponse) -> dict[str, str]:
    return _of(self, self._get_param("ResourceARN"))


def _of(self: ApplicationAutoScalingResponse, arn: str) -> dict[str, str]:
    every: dict[str, dict[str, str]] = self.applicationautoscaling_backend.__dict__.setdefault("mlops_tags", {})
    return every.setdefault(arn, {})
