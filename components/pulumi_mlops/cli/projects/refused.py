from collections.abc import Iterable


class RefusedError(ValueError):
    """Nothing was made. Its text holds every problem, one to a line."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))
