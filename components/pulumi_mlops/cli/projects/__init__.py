"""`mlops init` and `mlops new`: a project of one's own, and its workloads, from the templates in this package."""
