"""`mlops predict` on SageMaker."""

import json
from collections.abc import Sequence
from typing import Any

from pulumi_mlops._shared.aws import client as aws
from pulumi_mlops.cli.sagemaker.names import names_of
from pulumi_mlops.cli.stacks import Place


def predictions(place: Place, rows: Sequence[Any]) -> list[Any]:
    """Send rows to a workload's endpoint and return its predictions.

    Raises:
        AwsError: When there is no endpoint, or it refuses.
        ValueError: When it answers in another form.
    """
    names = names_of(place)
    answer = aws.ask(
        aws.client("sagemaker-runtime", names.region),
        "invoke_endpoint",
        EndpointName=names.endpoint,
        ContentType="application/json",
        Accept="application/json",
        Body=json.dumps({"instances": list(rows)}).encode(),
    )
    document = json.loads(answer["Body"].read())
    found = document.get("predictions") if isinstance(document, dict) else None
    if not isinstance(found, list) or len(found) != len(rows):
        raise ValueError(f"endpoint {names.endpoint}: got {str(document)[:200]}, expected {len(rows)} predictions")
    return found
