"""Scores a whole table with one registered version, partition by partition: `python -m mlops_runtime.batch`."""
