"""A batch on SageMaker: a pipeline of one processing job."""
