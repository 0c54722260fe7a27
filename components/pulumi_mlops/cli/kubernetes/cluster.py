"""All access to a cluster: what the other commands know of it is plain documents."""

import codecs
import http.client
import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote, urlencode

import urllib3

from pulumi_mlops._shared.kubernetes import library
from pulumi_mlops.cli.kubernetes import execution
from pulumi_mlops.cli.kubernetes.errors import ClusterError, UnreachableError
from pulumi_mlops.cli.kubernetes.pods import newest_in_trouble, refusal_of, trouble_of
from pulumi_mlops.cli.kubernetes.services import ServiceAddress, parse_answer, target_port
from pulumi_mlops.endpoint.kubernetes.truth_check import rollout
from pulumi_mlops.stack import StackConfig

CONTEXT_VARIABLE = "MLOPS_KUBE_CONTEXT"
CONNECT_TIMEOUT_SECONDS = 5.0
ANSWER_TIMEOUT_SECONDS = 30.0
_PIECE_BYTES = 1 << 16
Document = dict[str, Any]


@dataclass(frozen=True)
class Replicas:
    """The pods of a Deployment, in numbers.

    Attributes:
        wanted: How many there should be.
        total: How many there are, without those on their way out.
        updated: How many of them are of the newest kind.
        ready: How many of them are ready.
        trouble: Why one of them does not start, or cannot be created; empty where nothing is known of that.
        rollout: Which rollout of which Deployment they are of.
    """

    wanted: int
    total: int
    updated: int
    ready: int
    trouble: str = ""
    rollout: str = ""


class Cluster:
    """The cluster of one context of the kubeconfig."""

    def __init__(self, context: str) -> None:
        """Choose a cluster; nothing is connected yet.

        Args:
            context: The context's name. The current context is never used by accident.

        Raises:
            ClusterError: When the kubeconfig has no such context.
        """
        self.context = context
        self._configuration = library.configuration.Configuration()
        self._configuration.retries = 1
        try:
            library.kube_config.load_kube_config(context=context, client_configuration=self._configuration)
            self._connections = library.rest.RESTClientObject(self._configuration)
        except (library.config_exception.ConfigException, OSError) as error:
            raise ClusterError(
                f"got no usable context {context} ({_first_line(error)}), expected it in the kubeconfig, "
                f"fix: set KUBECONFIG, or name another context in {CONTEXT_VARIABLE}"
            ) from error

    @contextmanager
    def _told(self, what: str) -> Iterator[None]:
        try:
            yield
        except library.exceptions.ApiException as error:
            if is_passing(error.status):
                raise UnreachableError(
                    f"{what}: got {error.status or 'nothing'} ({_reason(error)}) from cluster {self.context}, "
                    "expected an answer, fix: try again later"
                ) from error
            raise ClusterError(f"{what}: {_reason(error)}") from error
        except (urllib3.exceptions.HTTPError, OSError) as error:
            reason = _first_line(error)
            raise UnreachableError(
                f"{what}: got no connection to cluster {self.context} ({reason}), expected one, "
                "fix: start the cluster, or correct its address in the kubeconfig"
            ) from error

    def _call(
        self, what: str, path: str, *, method: str = "GET", body: Document | None = None, **query: str
    ) -> Document:
        """Ask the API server for a document, or hand it one."""
        timeout = (CONNECT_TIMEOUT_SECONDS, ANSWER_TIMEOUT_SECONDS)
        with self._told(what):
            answer = self._connections.request(
                method, self._address(path, query), headers=self._headers(), body=body, _request_timeout=timeout
            )
        document: Document = json.loads(answer.data)
        return document

    def _address(self, path: str, query: Mapping[str, str]) -> str:
        return f"{self._configuration.host}{path}" + (f"?{urlencode(query)}" if query else "")

    def _headers(self) -> dict[str, str]:
        """Return the headers of a request: with who asks, where the kubeconfig has a token of any kind for that."""
        headers = {"accept": "application/json"}
        for setting in self._configuration.auth_settings().values():
            headers[setting["key"]] = setting["value"]
        return headers

    def cron_job(self, namespace: str, name: str) -> Document:
        """Return a CronJob."""
        return self._call(f"CronJob {namespace}/{name}", _path("batch/v1", namespace, "cronjobs", name))

    def job(self, namespace: str, name: str) -> Document:
        """Return a Job."""
        return self._call(f"Job {namespace}/{name}", _path("batch/v1", namespace, "jobs", name))

    def jobs(self, namespace: str, selector: Mapping[str, str]) -> list[Document]:
        """Return the Jobs with these labels."""
        what = f"Jobs of {namespace}"
        answer = self._call(what, _path("batch/v1", namespace, "jobs"), labelSelector=_written(selector))
        return list(answer["items"])

    def create_job(self, namespace: str, job: Document) -> Document:
        """Create a Job and return it."""
        return self._call(f"a new Job in {namespace}", _path("batch/v1", namespace, "jobs"), method="POST", body=job)

    def delete_job(self, namespace: str, name: str) -> None:
        """Delete a Job and its pods."""
        path = _path("batch/v1", namespace, "jobs", name)
        self._call(f"Job {namespace}/{name}", path, method="DELETE", propagationPolicy="Background")

    def config_map(self, namespace: str, name: str) -> Document:
        """Return a ConfigMap."""
        return self._call(f"ConfigMap {namespace}/{name}", _path("v1", namespace, "configmaps", name))

    def replace_config_map(self, namespace: str, config_map: Document) -> None:
        """Replace a ConfigMap, unless it has changed since it was read."""
        name = config_map["metadata"]["name"]
        path = _path("v1", namespace, "configmaps", name)
        self._call(f"ConfigMap {namespace}/{name}", path, method="PUT", body=config_map)

    def pods(self, namespace: str, selector: Mapping[str, str]) -> list[Document]:
        """Return the pods with these labels."""
        what = f"pods of {namespace}"
        answer = self._call(what, _path("v1", namespace, "pods"), labelSelector=_written(selector))
        return list(answer["items"])

    def replicas(self, namespace: str, deployment: str) -> Replicas | None:
        """Return how many pods a Deployment has, and why one of them is not ready; None without a Deployment."""
        what = f"Deployments of {namespace}"
        selector = f"metadata.name={deployment}"
        answer = self._call(what, _path("apps/v1", namespace, "deployments"), fieldSelector=selector)
        if not answer["items"]:
            return None
        document = answer["items"][0]
        found = replicas_of(document)
        if found.wanted == found.total == found.updated == found.ready:
            return found
        trouble = refusal_of(document) or self.trouble(namespace, document["spec"]["selector"]["matchLabels"])
        return replace(found, trouble=trouble)

    def trouble(self, namespace: str, selector: Mapping[str, str]) -> str:
        """Return why the newest pod that is not ready does not start; empty where nothing says so."""
        pod = newest_in_trouble(self.pods(namespace, selector))
        if pod is None:
            return ""
        try:
            return trouble_of(pod) or trouble_of(pod, self.events_of(namespace, pod["metadata"]["name"]))
        except ClusterError:
            return ""  # who may read pods may not read events

    def events_of(self, namespace: str, name: str) -> list[Document]:
        """Return the events of one object, by its name."""
        field = f"involvedObject.name={name}"
        what = f"events of {namespace}/{name}"
        return list(self._call(what, _path("v1", namespace, "events"), fieldSelector=field)["items"])

    def log_tail(self, namespace: str, pod: str, container: str, lines: int) -> str:
        """Return the last lines of a container's log; empty where there is none any more."""
        try:
            return "".join(self.log(namespace, pod, container, lines=lines))
        except ClusterError:
            return ""

    def log(
        self, namespace: str, pod: str, container: str, *, lines: int | None = None, follow: bool = False
    ) -> Iterator[str]:
        """Yield what a container has written, piece by piece.

        Args:
            namespace: Its namespace.
            pod: Its pod.
            container: The container.
            lines: How many of the last lines. Defaults to all.
            follow: Whether to go on until it ends.

        Raises:
            ClusterError: When there is no log, or none any more.
        """
        query = {"container": container}
        query |= {"tailLines": str(lines)} if lines is not None else {}
        query |= {"follow": "true"} if follow else {}
        address = self._address(_path("v1", namespace, "pods", pod, "log"), query)
        decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        # A container that says nothing for an hour is followed for an hour.
        timeout = (CONNECT_TIMEOUT_SECONDS, None if follow else ANSWER_TIMEOUT_SECONDS)
        headers = {**self._headers(), "accept": "*/*"}
        with self._told(f"log of {namespace}/{pod}"):
            answer = self._connections.request(
                "GET", address, headers=headers, _preload_content=False, _request_timeout=timeout
            )
            try:
                for piece in answer.stream(_PIECE_BYTES):
                    yield decoder.decode(piece)
            finally:
                answer.close()
        yield decoder.decode(b"", final=True)

    def run(
        self,
        pod: Document,
        container: str,
        command: Sequence[str],
        *,
        given: Iterable[bytes] = (),
        take: Callable[[bytes], object],
    ) -> None:
        """Run a command in a container of a pod.

        Args:
            pod: The pod.
            container: The container.
            command: The program and its arguments.
            given: What it reads, piece by piece.
            take: Is given each piece that it writes.

        Raises:
            ClusterError: When it cannot be run, or fails; the text has its last words.
        """
        namespace, name = str(pod["metadata"]["namespace"]), str(pod["metadata"]["name"])
        query = [("command", word) for word in command]
        query += [("container", container), ("stdin", "true"), ("stdout", "true"), ("stderr", "true")]
        address = f"{self._address(_path('v1', namespace, 'pods', name, 'exec'), {})}?{urlencode(query)}"
        with self._told(f"a command in {namespace}/{name}"):
            try:
                websocket = library.ws_client.create_websocket(
                    self._configuration, library.ws_client.get_websocket_url(address), self._headers()
                )
            except Exception as error:  # the library's own are of many kinds
                raise ClusterError(
                    f"{namespace}/{name}: got no run of {command[0]} ({_first_line(error)}), expected one, fix: look "
                    "at the pod's events, and whether you may create pods/exec"
                ) from error
            try:
                failure = execution.run(websocket, given, take)
            finally:
                websocket.close()
        if failure is not None:
            raise ClusterError(f"{namespace}/{name}: {failure}")

    def request(
        self,
        service: ServiceAddress,
        path: str,
        body: object | None = None,
        *,
        method: str | None = None,
        answer_seconds: float = ANSWER_TIMEOUT_SECONDS,
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        """Call a Service with JSON through the API server, by a forwarded port of one of its ready pods.

        The connection begins within the pod's own network, so no NetworkPolicy has to let the caller in.

        Args:
            service: What to call.
            path: The path and query.
            body: What to send as JSON. Defaults to nothing.
            method: The HTTP method. Defaults to POST with a body and GET without.
            answer_seconds: How long the answer is waited for.
            headers: More headers of the request. Defaults to none.

        Returns:
            The JSON answer.

        Raises:
            ClusterError: When no pod is ready, none answers, or the answer is an error or no JSON.
        """
        method = method or ("GET" if body is None else "POST")
        with self._answer(service, method, path, body, answer_seconds, headers) as answer:
            text = answer.read().decode("utf-8", errors="replace")
            return parse_answer(f"{service.namespace}/{service.name}", path, answer.status, text)

    def lines(
        self,
        service: ServiceAddress,
        path: str,
        body: object,
        *,
        answer_seconds: float,
        headers: Mapping[str, str] | None = None,
    ) -> Iterator[str]:
        """Call a Service as `request` does, and yield the lines of its answer, each waited for by itself.

        Raises:
            ClusterError: When no pod is ready, none answers, or the answer is an error or breaks off.
        """
        with self._answer(service, "POST", path, body, answer_seconds, headers) as answer:
            if answer.status >= http.client.BAD_REQUEST:
                parse_answer(f"{service.namespace}/{service.name}", path, answer.status, answer.read().decode())
            for line in answer:
                yield line.decode("utf-8", errors="replace")

    @contextmanager
    def _answer(
        self,
        service: ServiceAddress,
        method: str,
        path: str,
        body: object | None,
        answer_seconds: float,
        headers: Mapping[str, str] | None,
    ) -> Iterator[http.client.HTTPResponse]:
        pod, port = self._ready_pod(service)
        what = f"{service.namespace}/{service.name}"
        with self._told(what), self._forwarded(service.namespace, pod, port) as connection:
            connection.sock.settimeout(answer_seconds)
            sent = {"Host": service.host, "Accept": "application/json", "Content-Type": "application/json"}
            sent |= headers or {}
            try:
                connection.request(method, path, None if body is None else json.dumps(body), sent)
                yield connection.getresponse()
            except (http.client.HTTPException, OSError) as error:
                raise ClusterError(
                    f"{what}{path}: got no answer ({_first_line(error) or 'closed'}), expected one, "
                    "fix: try again, or look at the pod's log"
                ) from error

    def ready_pod(self, service: ServiceAddress) -> Document:
        """Return a ready pod behind a Service.

        Raises:
            ClusterError: When there is none.
        """
        return self._ready(service)[0]

    def _ready_pod(self, service: ServiceAddress) -> tuple[str, int]:
        pod, document = self._ready(service)
        return str(pod["metadata"]["name"]), target_port(document, service.port, pod)

    def _ready(self, service: ServiceAddress) -> tuple[Document, Document]:
        """Return a ready pod behind a Service, and the Service."""
        what = f"Service {service.namespace}/{service.name}"
        document = self._call(what, _path("v1", service.namespace, "services", service.name))
        selector = document["spec"].get("selector") or {}
        ready = [pod for pod in self.pods(service.namespace, selector) if is_ready(pod)] if selector else []
        if not ready:
            trouble = self.trouble(service.namespace, selector) if selector else ""
            got = "no pod that is ready" + (f" ({trouble})" if trouble else "")
            raise ClusterError(f"{what}: got {got}, expected one, fix: wait for it, or look at its events and log")
        return ready[0], document

    @contextmanager
    def _forwarded(self, namespace: str, pod: str, port: int) -> Iterator[http.client.HTTPConnection]:
        address = self._address(_path("v1", namespace, "pods", pod, "portforward"), {})
        query = [("ports", str(port))]
        forward = library.ws_client.portforward_call(
            self._configuration, "GET", address, query_params=query, headers=self._headers()
        )
        connection = http.client.HTTPConnection("localhost", port)
        connection.sock = forward.socket(port)
        try:
            yield connection
        finally:
            connection.close()
            forward.close()


def cluster_of(stack: StackConfig) -> Cluster:
    """Return the cluster of a stack: the context named by MLOPS_KUBE_CONTEXT, else the one in the stack file.

    Raises:
        ClusterError: When the kubeconfig has no such context, or the stack does not run on Kubernetes.
    """
    if stack.platform.kubernetes is None:
        got = stack.platform.target.value
        raise ClusterError(f"platform.target: got {got}, expected kubernetes, fix: name a stack that has a cluster")
    return Cluster(os.environ.get(CONTEXT_VARIABLE) or stack.platform.kubernetes.context)


def replicas_of(deployment: Document) -> Replicas:
    """Count the pods of a Deployment. None is updated before its controller has seen the newest declaration."""
    status = deployment.get("status", {})
    is_seen = status.get("observedGeneration", 0) >= deployment["metadata"].get("generation", 0)
    return Replicas(
        wanted=int(deployment["spec"].get("replicas", 1)),
        total=int(status.get("replicas", 0)),
        updated=int(status.get("updatedReplicas", 0)) if is_seen else 0,
        ready=int(status.get("readyReplicas", 0)),
        rollout=rollout(deployment["metadata"]),
    )


def is_passing(status: int | None) -> bool:
    """Whether an API server that answers with this status may answer otherwise a little later."""
    return not status or status == http.client.TOO_MANY_REQUESTS or status >= http.client.INTERNAL_SERVER_ERROR


def is_ready(pod: Document) -> bool:
    """Whether a pod takes requests: ready, and not on its way out."""
    conditions = pod.get("status", {}).get("conditions") or []
    ready = any(condition["type"] == "Ready" and condition["status"] == "True" for condition in conditions)
    return ready and "deletionTimestamp" not in pod["metadata"]


def _path(group: str, namespace: str, *parts: str) -> str:
    """Return the path of an object, or of a list of them, in a namespace."""
    root = "/api" if group == "v1" else "/apis"
    return "/".join((root, group, "namespaces", *(quote(part, safe="") for part in (namespace, *parts))))


def _written(selector: Mapping[str, str]) -> str:
    return ",".join(f"{key}={value}" for key, value in sorted(selector.items()))


def _reason(error: Any) -> str:
    try:
        message = json.loads(error.body)["message"]
    except (TypeError, KeyError, ValueError):
        message = str(error.reason)
    return str(message).splitlines()[0]


def _first_line(error: BaseException) -> str:
    return str(error).strip().partition("\n")[0][:200]
