"""Labels: what came of a prediction, told later by somebody else."""
