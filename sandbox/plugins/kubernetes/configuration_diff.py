"""Tells what changed settings of the provider mean."""

from pulumi.runtime.proto import provider_pb2

from sandbox.plugins.kubernetes.configuration import Configuration
from sandbox.plugins.kubernetes.configuration import read as read_configuration
from sandbox.plugins.kubernetes.kubeconfig import server_of
from sandbox.plugins.protocol.values import Object

_CONNECTION = ("kubeconfig", "context", "cluster")


def configuration_difference(olds: Object, news: Object) -> provider_pb2.DiffResponse:
    """Tells which settings differ, and whether they mean another cluster, whose objects must be made anew."""
    changed = sorted(name for name in {*olds, *news} if olds.get(name) != news.get(name))
    replaces: list[str] = []
    if "clusterIdentifier" in changed:
        replaces = ["clusterIdentifier"]
    elif not news.get("clusterIdentifier"):
        moved = [name for name in changed if name in _CONNECTION]
        replaces = moved if moved and _is_other_cluster(olds, news) else []
    some = provider_pb2.DiffResponse.DIFF_SOME if changed else provider_pb2.DiffResponse.DIFF_NONE
    return provider_pb2.DiffResponse(changes=some, diffs=changed, replaces=replaces)


def _is_other_cluster(olds: Object, news: Object) -> bool:
    servers = [server_of(_connection(settings)) for settings in (olds, news)]
    return None not in servers and servers[0] != servers[1]


def _connection(settings: Object) -> Configuration:
    configuration, _ = read_configuration({name: settings[name] for name in _CONNECTION if name in settings})
    return configuration
