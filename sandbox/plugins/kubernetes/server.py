"""Answers the protocol's requests about a cluster."""

from pulumi.runtime.proto import provider_pb2

from sandbox.plugins.kubernetes import VERSION
from sandbox.plugins.kubernetes.configuration import read as read_configuration
from sandbox.plugins.kubernetes.configuration_diff import configuration_difference
from sandbox.plugins.kubernetes.kinds import PACKAGE
from sandbox.plugins.kubernetes.provider import Provider
from sandbox.plugins.protocol import server
from sandbox.plugins.protocol.errors import ProviderError
from sandbox.plugins.protocol.resources import Failure
from sandbox.plugins.protocol.values import Object

_FUNCTIONS = {
    "kubernetes:helm:template": "renders a Helm chart",
    "kubernetes:kustomize:directory": "builds a kustomization",
    "kubernetes:yaml:decode": "reads the objects of a YAML text",
}


class Servicer(server.Servicer[Provider]):
    """The protocol's service for clusters."""

    package = PACKAGE
    version = VERSION

    def judge(self, settings: Object) -> list[Failure]:
        """Tells which of the provider's settings cannot be taken."""
        _, problems = read_configuration(settings)
        return problems

    def compare(self, olds: Object, news: Object) -> provider_pb2.DiffResponse:
        """Tells whether changed settings mean another cluster."""
        return configuration_difference(olds, news)

    def make_provider(self, settings: Object) -> Provider:
        """Make the provider that the settings describe.

        Raises:
            ProviderError: The settings cannot be taken.
        """
        configuration, problems = read_configuration(settings)
        if problems:
            raise ProviderError("; ".join(problem.reason for problem in problems))
        return Provider(configuration, self._engine, self.cancelled)

    def call_function(self, provider: Provider, token: str, arguments: Object) -> Object:  # noqa: ARG002
        """Refuses a function.

        Raises:
            ProviderError: Always; says what the official plugin would do.
        """
        does = _FUNCTIONS.get(token, "may know it")
        raise ProviderError(f"{token}: this plugin has no functions; the official pulumi-kubernetes plugin {does}")

    def component_problem(self, token: str) -> str:
        """Says why a component that the official plugin brings cannot be had."""
        return f"{token}: this component needs the official pulumi-kubernetes plugin; declare each object instead"
