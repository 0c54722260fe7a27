"""What an operation tells the person who runs Pulumi, without the secrets of its resource."""

from collections.abc import Callable, Iterable

from sandbox.plugins.protocol.engine import Engine, Severity


class Report:
    """The lines about one resource in one operation."""

    def __init__(
        self, engine: Engine, urn: str, redact: Callable[[str], str], *, hides_deprecations: bool = False
    ) -> None:
        """Prepare the report.

        Args:
            engine: Shows the lines.
            urn: Of the resource.
            redact: Takes secrets out of a text.
            hides_deprecations: Whether to say nothing of API versions that will go.
        """
        self._engine = engine
        self._urn = urn
        self._redact = redact
        self._hides_deprecations = hides_deprecations

    def status(self, text: str, is_problem: bool) -> None:  # noqa: FBT001 - the form that waits expect
        """Show how a wait is going, in the place of what was shown before."""
        severity = Severity.WARNING if is_problem else Severity.INFO
        self._engine.log(severity, self._redact(text), self._urn, is_status=True)

    def finish(self) -> None:
        """Take away what `status` has shown last."""
        self._engine.log(Severity.INFO, "", self._urn, is_status=True)

    def warn(self, texts: Iterable[str]) -> None:
        """Show what the cloud warns of."""
        for text in texts:
            if self._hides_deprecations and "deprecated" in text:
                continue
            self._engine.log(Severity.WARNING, self._redact(text), self._urn)
