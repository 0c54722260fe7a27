"""Pipelines that really run: the offline AWS works through a pipeline's definition, with processes for jobs.

moto calls every execution succeeded at once. Here each step is run as SageMaker would run its container, with the same
folders, variables and arguments, but by this Python and on this machine: what an image would add is not proved by it.
"""

from sandbox.aws.executions.operations import FAKED, apply, end

__all__ = ["FAKED", "apply", "end"]
