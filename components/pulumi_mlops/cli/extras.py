"""What the command needs beside the package itself."""

_EXTRAS = {
    "typer": "cli",
    "rich": "cli",
    "kubernetes": "cli",
    "yaml": "cli",
    "dockerfile_parse": "cli",
    "pulumi_kubernetes": "kubernetes",
    "pulumi_aws": "sagemaker",
    "boto3": "sagemaker",
    "botocore": "sagemaker",
    "sagemaker": "operations",
}


def missing_extra(error: BaseException) -> str | None:
    """Return the extra of this package whose absence an error is about, or None for any other error."""
    if not isinstance(error, ModuleNotFoundError):
        return None
    return _EXTRAS.get((error.name or "").partition(".")[0])
