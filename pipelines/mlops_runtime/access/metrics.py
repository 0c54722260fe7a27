"""How many requests were let through or refused, of whom and why. No label holds any part of a credential."""

from prometheus_client import Counter

from .errors import Outcome

REQUESTS = Counter(
    "mlops_access_requests",
    "Requests by client, as its API key is called (jwt: any token), and by what became of them",
    ["client", "outcome"],
)


def count(client: str, outcome: Outcome) -> None:
    """Count one request.

    Args:
        client: Whose it is; empty where that is not known.
        outcome: What became of it.
    """
    REQUESTS.labels(client, outcome.value).inc()
