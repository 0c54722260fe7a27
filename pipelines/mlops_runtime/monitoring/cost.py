"""What 1,000 predictions cost: what the replicas cost by the hour, over what they answered."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Price:
    """What serving costs, as somebody declared it.

    Attributes:
        per_replica_hour: What one replica costs in an hour, idle or not.
        replicas: How many there are on the mean.
        currency: Of the price.
    """

    per_replica_hour: float
    replicas: float = 1.0
    currency: str = "USD"


@dataclass(frozen=True)
class Cost:
    """What predictions cost in a window.

    Attributes:
        per_1000: What 1,000 predictions cost.
        total: What the window cost.
        predictions: How many there were, those that were not kept as payloads too.
        hours: For how long the replicas were paid.
        currency: Of both.
    """

    per_1000: float
    total: float
    predictions: float
    hours: float
    currency: str


def cost_of(price: Price | None, rows: int, hours: float, sampled_ratio: float) -> Cost | None:
    """Return what predictions cost; None where no price is declared, or nothing was predicted.

    Args:
        price: What serving costs.
        rows: How many predictions were kept as payloads.
        hours: For how long.
        sampled_ratio: The share of predictions that is kept.
    """
    if price is None or not rows or hours <= 0:
        return None
    predictions = rows / sampled_ratio
    total = price.per_replica_hour * price.replicas * hours
    return Cost(1000 * total / predictions, total, predictions, hours, price.currency)
