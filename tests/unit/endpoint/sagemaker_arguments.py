"""Arguments of an endpoint on SageMaker, for its tests."""

from typing import Any

ACCOUNT = "123456789012"
REGION = "eu-west-1"
IMAGE = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/mlops/serving@sha256:" + "1" * 64
OTHER_IMAGE = f"210987654321.dkr.ecr.{REGION}.amazonaws.com/mlops/serving@sha256:" + "2" * 64
DIGEST = "sha256:" + "a" * 64
OTHER_DIGEST = "sha256:" + "b" * 64
KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/0123-4567"
TOPIC = f"arn:aws:sns:{REGION}:{ACCOUNT}:alarms"
OTHER_TOPIC = f"arn:aws:sns:{REGION}:{ACCOUNT}:answers"
GROUP = f"arn:aws:sagemaker:{REGION}:210987654321:model-package-group/flights-dev-flight-delay"
NETWORK = {"subnet_ids": ["subnet-01234567"], "security_group_ids": ["sg-01234567"]}
SHADOW = {"model": {"version": "8", "digest": OTHER_DIGEST}, "image": OTHER_IMAGE, "sampling_percent": 20}
ALARMS = {
    "latency_p99_milliseconds": 100,
    "server_error_percent": 0.5,
    "client_error_percent": 5,
    "model_errors_max": 3,
    "topic_arns": [TOPIC],
}


def arguments(sagemaker: dict[str, Any] | None = None, **changes: Any) -> Any:
    hosting = {
        "account_id": ACCOUNT,
        "region": REGION,
        "namespace": "flights-dev",
        "bucket_name": "flights-dev-data",
        "model_package_group": "flights-dev-flight-delay",
        **(sagemaker or {}),
    }
    args = {"image": IMAGE, "model": {"version": "7", "digest": DIGEST}, "sagemaker": hosting, **changes}
    return {key: value for key, value in args.items() if value is not None}
