"""Feature groups as AWS runs them, and the records in them, which moto has not."""

from sandbox.aws.feature_store import operations, runtime
from sandbox.aws.feature_store.operations import apply
from sandbox.aws.feature_store.runtime import with_records

FAKED = (*operations.FAKED, *runtime.FAKED)

__all__ = ["FAKED", "apply", "with_records"]
