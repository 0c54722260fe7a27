"""The file of the personal stack on the offline AWS: made from the development stack's. Pure: text in, text out."""

from collections.abc import MutableMapping

from quickstart.personal_stack import document_of, headed, mapping_at, text_of, workloads_of

STACK = "local-aws"
NAMESPACE = "flights-local"
FILE_NAME = f"Pulumi.{STACK}.yaml"
TEMPLATE_NAME = "Pulumi.dev-aws.yaml"

_NOTE = f"""\
Your personal stack on the sandbox's AWS without an account, made by `make up-aws` from {TEMPLATE_NAME}; git ignores it.
Change what you like. The model's pin is kept up to date by `make up-aws`.
"""


def made_from(template: str) -> str:
    """Return the personal stack's file: the template's, with an environment and a namespace of its own and no model.

    Raises:
        SandboxError: The template is not a stack's file.
    """
    document = document_of(template, TEMPLATE_NAME)
    platform = mapping_at(document, "config", "mlops:platform", name=TEMPLATE_NAME)
    platform["environment"] = "local"
    platform["namespace"] = NAMESPACE
    # Nobody else has pinned what it keeps, and `pulumi destroy` takes it away as a whole.
    mapping_at(document, "config", "mlops:platform", "sagemaker", name=TEMPLATE_NAME)["protect_data"] = False
    registry = platform.get("registry")
    if isinstance(registry, MutableMapping):
        for key in ("consumer_account_ids", "producer_account_ids"):
            registry.pop(key, None)
    for workload in workloads_of(document, TEMPLATE_NAME).values():
        workload.pop("model", None)
    document.yaml_set_start_comment(headed(document, _NOTE))
    return text_of(document)


def account_of(template: str) -> str:
    """Return the account that the template is for, which the offline AWS will be."""
    document = document_of(template, TEMPLATE_NAME)
    return str(mapping_at(document, "config", "mlops:platform", "sagemaker", name=TEMPLATE_NAME)["account_id"])
