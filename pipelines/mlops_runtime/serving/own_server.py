"""What a truth check asks where another's model server answers: its golden rows, and whom the guard has proved."""

from dataclasses import dataclass

import httpx

from .asking import at_place, check_same, json_of
from .contract import ServingContract
from .golden import GoldenRows, GoldenScore
from .golden_requests import HowAsked

IDENTITY = "/mlops/identity"


@dataclass(frozen=True, slots=True)
class PinnedOnOwnServer:
    """What the endpoint must be.

    Attributes:
        name: The registered model's name.
        version: The pinned version.
        digest: Of its files.
        contract: What the model takes and gives.
        golden: The rows that the server must score as the trainer did.
        asked: How the server is asked.
        guard_url: Where the guard says who answers; a server of another's own says nothing of it.
    """

    name: str
    version: str
    digest: str
    contract: ServingContract
    golden: GoldenRows
    asked: HowAsked
    guard_url: str

    def ask(self, client: httpx.Client) -> list[GoldenScore]:
        """Ask over one connection: whom has the guard proved, and what does the server make of the golden rows.

        Raises:
            TruthError: The first answer that differs.
        """
        expected = {"name": self.name, "version": self.version, "digest": self.digest}
        place = f"{self.guard_url}{IDENTITY}"
        with at_place(place):
            check_same(json_of(client.get(place)), expected)
        with at_place(f"the server, asked by {self.asked.protocol}"):
            answers = self.asked.ask(client, self.name, self.contract, self.golden)
            return [self.golden.check(answers, self.contract.outputs)]

    def told(self, score: GoldenScore) -> str:
        """Return a score in words."""
        return f"{score.rows} golden rows within {score.max_absolute_error:g} (tolerance {score.tolerance:g})"
