"""Starting and ending the programs of the cluster, in the order that they need."""

import hashlib
import os
import socket
import struct
import time
from collections.abc import Callable
from pathlib import Path

from sandbox import commands, packages
from sandbox.cluster import (
    cgroups,
    configuration,
    kubeconfig,
    machine,
    manifests,
    pause_image,
    pki,
    processes,
    settings,
)
from sandbox.cluster import programs as calls
from sandbox.cluster.api import Api
from sandbox.cluster.layout import Layout
from sandbox.cluster.programs import Program
from sandbox.errors import SandboxError
from sandbox.files import write_atomically
from sandbox.packages.private import cni_folder
from sandbox.progress import Step

_POLL_SECONDS = 0.1
_PROXY_VARIABLES = ("http_proxy", "https_proxy", "no_proxy", "all_proxy")
_PLACES = "places"
_BEGIN_ANEW = "run again; if it stays so, `make down` removes the cluster with its data, and `make up` makes a new one"


class Node:
    """The cluster's one node and its control plane.

    Attributes:
        layout: Where its files lie.
        binaries: Folder of the compiled programs.
    """

    def __init__(self, layout: Layout, binaries: Path) -> None:
        self.layout = layout
        self.binaries = binaries
        self._files = configuration.render(layout, _this_machine())
        self._started: list[str] = []

    def programs(self) -> list[Program]:
        """Every program, in the order of their start."""
        first = [
            self._places(),
            calls.store(self.layout, self.binaries),
            calls.containerd(self.layout, packages.tool("containerd")),
            calls.api_server(self.layout, self.binaries),
        ]
        return first + [call(self.layout, self.binaries) for call in calls.AFTER_API + calls.AFTER_RIGHTS]

    def generation(self) -> str:
        """Names all that the programs are started with; another name means that they must start again."""
        digest = hashlib.sha256()
        for program in self.programs():
            digest.update("\0".join((program.name, *program.arguments)).encode())
        for name, content in self._files.items():
            digest.update(f"{name}\0{content}\0".encode())
        authority = self.layout.pki / "ca.crt"
        digest.update(authority.read_bytes() if authority.exists() else b"")
        return digest.hexdigest()

    def write_files(self) -> None:
        """Write keys, kubeconfigs and configuration, and make the folders."""
        layout = self.layout
        for folder in (layout.root, layout.containerd):
            folder.mkdir(parents=True, exist_ok=True)
            folder.chmod(0o711)  # pods with users of their own pass through on the way to their files
        for folder in (layout.etcd, layout.volumes, layout.addresses, layout.kubelet, layout.kubeconfigs):
            folder.mkdir(exist_ok=True, mode=0o700)
        for place in (layout.pod_logs, *layout.hidden_places().values()):
            place.mkdir(parents=True, exist_ok=True)
        pki.ensure(layout.pki)
        for client in pki.CLIENTS:
            write_atomically(layout.kubeconfig(client.name), kubeconfig.render(layout.pki, client.name), 0o600)
        for name, content in self._files.items():
            write_atomically(layout.configuration / name, content)

    def start(self, current: Step) -> None:
        """Start whatever does not run, and wait until pods can run.

        Args:
            current: Told what is waited for.

        Raises:
            SandboxError: When a program ends or does not become ready.
        """
        places, *_ = programs = self.programs()
        by_name = {program.name: program for program in programs}
        self._start(places)
        self._wait(current, _PLACES, self._places_are_hidden, 30)
        for name in ("etcd", "containerd", "kube-apiserver"):
            self._start(by_name[name])
        self._wait(current, "containerd", self._containerd_answers, 60)
        self._import_pause_image()
        with Api(self.layout.pki) as api:
            self._wait(current, "kube-apiserver", api.is_ready, 120)
            for call in calls.AFTER_API:
                self._start(call(self.layout, self.binaries))
            self._wait(current, "kube-apiserver", api.has_system_namespace, 60)
            api.apply(manifests.render(self.layout.pki))
            self._wait(current, "kube-apiserver", api.metrics_server_has_rights, 60)
            if not machine.enforces_network_policies():  # somebody flushed the rules, which it writes no second time
                processes.stop(self.layout.records, "kube-network-policies")
            for call in calls.AFTER_RIGHTS:
                self._start(call(self.layout, self.binaries))
            self._wait(current, "kube-network-policies", machine.enforces_network_policies, 60)
            self._wait(current, "coredns", dns_answers, 60)
            self._wait(current, "kubelet", api.node_is_ready, 90)
            self._wait(current, "kube-controller-manager", api.has_default_service_account, 60)
            self._wait(current, "metrics-server", api.serves_metrics, 90)

    def is_ready(self) -> bool:
        """Whether everything runs and pods can run."""
        if any(processes.running(self.layout.records, program.name) is None for program in self.programs()):
            return False
        with Api(self.layout.pki) as api:
            answers = api.is_ready() and api.node_is_ready() and api.serves_metrics() and dns_answers()
        return answers and machine.enforces_network_policies()

    def _start(self, program: Program) -> None:
        layout = self.layout
        processes.start(
            program,
            records=layout.records,
            logs=layout.logs,
            environment=_environment(fetches_images=program.fetches_images),
            cgroup_files=cgroups.program_files(),
            places=processes.running(layout.records, _PLACES) if program.sees_hidden_places else None,
        )
        self._started.append(program.name)

    def _places(self) -> Program:
        """Return a process that does nothing but hold a view of the file system of its own.

        What node programs mount, and what they write to fixed places, is seen in there alone and
        is gone with the last of them.
        """
        mounts = "".join(f"mount --bind '{ours}' '{fixed}'\n" for fixed, ours in self.layout.hidden_places().items())
        script = f"set -e\n{mounts}exec sleep infinity\n"
        unshare = ("unshare", "--mount", "--propagation", "slave", "--", "/bin/sh", "-c", script)
        return Program(_PLACES, unshare)

    def _places_are_hidden(self) -> bool:
        holder = processes.running(self.layout.records, _PLACES)
        if holder is None:
            return False
        mounted = Path(f"/proc/{holder.pid}/mountinfo").read_text()
        is_apart = Path(f"/proc/{holder.pid}/ns/mnt").readlink() != Path("/proc/self/ns/mnt").readlink()
        return is_apart and all(f" {place} " in mounted for place in self.layout.hidden_places())

    def _wait(self, current: Step, name: str, is_ready: Callable[[], bool], seconds: float) -> None:
        current.detail(f"waiting for {name}")
        deadline = time.monotonic() + seconds
        while not is_ready():
            for ended in self._started:
                if processes.running(self.layout.records, ended) is None:
                    log = self.layout.logs / f"{ended}.log"
                    raise SandboxError(f"{ended}: it ended\n{processes.last_lines(log)}", _BEGIN_ANEW)
            if time.monotonic() > deadline:
                log = self.layout.logs / f"{name}.log"
                told = f"{name}: not ready after {seconds:.0f} s\n{processes.last_lines(log)}"
                raise SandboxError(told, _BEGIN_ANEW)
            time.sleep(_POLL_SECONDS)

    def _containerd_answers(self) -> bool:
        try:
            self.containerd_client("version")
        except commands.CommandError:
            return False
        return True

    def _import_pause_image(self) -> None:
        present = self.containerd_client("images", "list", "--quiet").split()
        if settings.PAUSE_IMAGE in present:
            return
        archive = self.layout.root / "pause.tar"
        archive.write_bytes(pause_image.archive(self.binaries / "pause", settings.PAUSE_IMAGE))
        self.containerd_client("images", "import", str(archive))
        archive.unlink()

    def containerd_client(self, *arguments: str) -> str:
        """Call containerd's own command line, in the namespace of Kubernetes."""
        call = ("--address", str(self.layout.containerd_socket), "--namespace", "k8s.io", *arguments)
        return commands.run([packages.tool("ctr"), *call], environment=packages.environment(), timeout_seconds=120)


def stop(layout: Layout, grace_seconds: float) -> None:
    """End everything that the cluster ever started on this machine.

    Args:
        layout: Where its files lie.
        grace_seconds: How long pods may take to end by themselves.
    """
    first, *others = calls.STOP_ORDER
    processes.stop(layout.records, first)  # or it starts the pods again
    cgroups.end_members(cgroups.PODS, grace_seconds)
    for name in others:
        processes.stop(layout.records, name)
    cgroups.end_members(cgroups.PROGRAMS, 0)
    for socket_name in (layout.containerd_socket.name, f"{layout.containerd_socket.name}.ttrpc"):
        layout.containerd_socket.with_name(socket_name).unlink(missing_ok=True)
    for record in layout.records.glob("*"):
        record.unlink()


def dns_answers() -> bool:
    """Whether the cluster's DNS knows the API server's service."""
    name = f"kubernetes.default.svc.{settings.CLUSTER_DOMAIN}"
    labels = b"".join(bytes([len(part)]) + part.encode() for part in name.split("."))
    identifier = os.urandom(2)
    question = identifier + struct.pack(">HHHHH", 0x0100, 1, 0, 0, 0) + labels + b"\0" + struct.pack(">HH", 1, 1)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as connection:
        connection.settimeout(0.5)
        try:
            connection.sendto(question, (settings.DNS_SERVICE_ADDRESS, 53))
            answer = connection.recv(512)
        except OSError:
            return False
    return answer[:2] == identifier and answer.endswith(socket.inet_aton(settings.API_SERVICE_ADDRESS))


def _this_machine() -> configuration.Machine:
    plugins = cni_folder()
    if plugins is None:
        raise SandboxError("network plugins (CNI): not found", "run `python -m sandbox up`, which fetches them")
    return configuration.Machine(
        runc=packages.tool("runc"),
        cni_folder=plugins,
        may_raise_oom_score=machine.may_raise_oom_score(),
        mtu_bytes=machine.mtu_bytes(),
        name_servers=machine.has_name_servers(),
    )


def _environment(*, fetches_images: bool) -> dict[str, str]:
    """Variables of a program: programs of Kubernetes would send calls to the node's address to a proxy."""
    kept = {name: value for name, value in os.environ.items() if fetches_images or name.lower() not in _PROXY_VARIABLES}
    return {**kept, **packages.environment()}
