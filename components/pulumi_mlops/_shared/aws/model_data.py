"""Where a registered version's bytes lie: under a key that its group and its digest give.

Whoever knows a pin knows the location. Nothing has to be looked up, so nothing waits for what looks it up.
"""

MODELS_PREFIX = "models/"
"""Below it lie all registered models of a bucket."""
ARCHIVE = "model.tar.gz"
GOLDEN_PROMPTS = "golden_prompts.json"
"""Beside the archive of a language model: a copy of its golden prompts, for whoever asks an endpoint and cannot unpack
gigabytes for them. `mlops_runtime.sagemaker.candidate` lays it there."""


def group_name(group: str) -> str:
    """Return the name of a model package group, given as its name or its ARN."""
    return group.rpartition("/")[2]


def group_prefix(group: str) -> str:
    """Return what the keys of a group's models begin with, such as `models/flights-dev-delay/`.

    Args:
        group: Name or ARN of the model package group.
    """
    return f"{MODELS_PREFIX}{group_name(group)}/"


def model_data_url(bucket: str, group: str, digest: str) -> str:
    """Return the S3 location of a version's model.tar.gz.

    Args:
        bucket: The bucket that holds the group's models.
        group: Name or ARN of the model package group.
        digest: The digest of the version's files, `sha256:` and 64 hexadecimal digits.
    """
    return f"s3://{bucket}/{group_prefix(group)}{digest.rpartition(':')[2]}/{ARCHIVE}"


def golden_prompts_location(group: str, digest: str) -> str:
    """Return the key of a language model's golden prompts in the bucket of its group; see `model_data_url`."""
    return f"{group_prefix(group)}{digest.rpartition(':')[2]}/{GOLDEN_PROMPTS}"
