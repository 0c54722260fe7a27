"""Answers the protocol's requests about a stand-in for AWS."""

from pulumi.runtime.proto import provider_pb2

from sandbox.plugins.aws import PACKAGE, VERSION
from sandbox.plugins.aws.configuration import read as read_configuration
from sandbox.plugins.aws.journal import Journal, default_folder
from sandbox.plugins.aws.provider import Provider
from sandbox.plugins.protocol import server
from sandbox.plugins.protocol.errors import ProviderError
from sandbox.plugins.protocol.resources import Failure
from sandbox.plugins.protocol.values import Object


class Servicer(server.Servicer[Provider]):
    """The protocol's service for AWS."""

    package = PACKAGE
    version = VERSION

    def judge(self, settings: Object) -> list[Failure]:
        """Tells which of the provider's settings cannot be taken."""
        _, problems = read_configuration(settings)
        return problems

    def compare(self, olds: Object, news: Object) -> provider_pb2.DiffResponse:
        """Tells which settings differ; none means that resources are made anew, as with the official plugin."""
        changed = sorted(name for name in {*olds, *news} if olds.get(name) != news.get(name))
        some = provider_pb2.DiffResponse.DIFF_SOME if changed else provider_pb2.DiffResponse.DIFF_NONE
        return provider_pb2.DiffResponse(changes=some, diffs=changed)

    def make_provider(self, settings: Object) -> Provider:
        """Make the provider that the settings describe.

        Raises:
            ProviderError: The settings cannot be taken.
        """
        configuration, problems = read_configuration(settings)
        if problems:
            raise ProviderError("; ".join(problem.reason for problem in problems))
        return Provider(configuration, self._engine, self.cancelled, Journal(default_folder()))

    def call_function(self, provider: Provider, token: str, arguments: Object) -> Object:  # noqa: ARG002
        """Refuses functions: a program that needs none can be rendered without an account."""
        raise ProviderError(
            f"{token}: this plugin has no functions; give the program what it looks up as configuration"
        )

    def component_problem(self, token: str) -> str:
        """Says why a component that the official plugin brings cannot be had."""
        return f"{token}: this plugin has no components; the official pulumi-aws plugin is needed"
