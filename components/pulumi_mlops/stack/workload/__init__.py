"""A workload: the pipeline that trains a model, the pinned version, and its endpoint."""
