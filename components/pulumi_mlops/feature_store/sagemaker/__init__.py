"""A feature store on SageMaker: a feature group for each view, and the job that brings rows in."""
