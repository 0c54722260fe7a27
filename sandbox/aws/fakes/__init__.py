"""What moto lacks, or does otherwise than AWS, put into it. `README.md` beside this package lists it for readers."""

from sandbox.aws.fakes import answers, buckets, endpoints, hosting, kept, model_packages, roles, scaling, tags

FAKED = (
    *buckets.FAKED,
    *endpoints.FAKED,
    *kept.FAKED,
    *hosting.FAKED,
    *model_packages.FAKED,
    *roles.FAKED,
    *scaling.FAKED,
    *tags.FAKED,
    *answers.FAKED,
)
"""One line for each operation that is not moto's own, as `python -m sandbox.aws --faked` prints it."""


def apply() -> None:
    """Put everything into moto. To be called once, before its server starts."""
    for part in (answers, buckets, endpoints, kept, hosting, model_packages, roles, scaling, tags):
        part.apply()
