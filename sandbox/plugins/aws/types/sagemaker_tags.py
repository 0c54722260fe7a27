"""How SageMaker tags."""

from sandbox.plugins.aws.table import Tagging

TAGGING = Tagging(target="ResourceArn", of="arn", read="ListTags", write="AddTags", remove="DeleteTags")
