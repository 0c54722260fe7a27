"""Looking at the network of this machine: the packet filter, and what the cluster wants to take."""

import ipaddress
import os
import socket
import struct
from pathlib import Path

from sandbox.cluster import cgroups, lifecycle, settings, users_context
from sandbox.doctor import netfilter
from sandbox.doctor.finding import Finding, State


def nftables() -> Finding:
    """Look for the kernel's packet filter."""
    name = "nftables in the kernel"
    code = netfilter.generation_error()
    if code:
        return Finding(name, State.MISSING, os.strerror(code), "modprobe nf_tables")
    return Finding(name, State.FOUND, "yes")


def packet_queues() -> Finding:
    """Whether the kernel hands packets to a program, which network policies are enforced with."""
    name = "packet queues in the kernel"
    if os.geteuid() != 0:
        return Finding(name, State.NOTED, "only root may ask")
    instead = f"or use a cluster of your own: {users_context.VARIABLE}=<context> make up"
    if code := netfilter.listening_error():
        found = f"nfnetlink_queue: {os.strerror(code)}"
        return Finding(name, State.MISSING, found, f"modprobe nfnetlink_queue, {instead}")
    by_expression = netfilter.queue_error()
    if not by_expression:
        return Finding(name, State.FOUND, "nftables' queue")
    by_target = netfilter.target_error()
    if not by_target:
        return Finding(name, State.FOUND, "xtables' NFQUEUE; nftables' own queue is not in this kernel")
    found = f"nftables' queue: {os.strerror(by_expression)}; xtables' NFQUEUE: {os.strerror(by_target)}"
    return Finding(name, State.MISSING, found, f"modprobe nft_queue (CONFIG_NFT_QUEUE), {instead}")


def addresses(routes: str | None = None) -> Finding:
    """Whether the cluster's address ranges are free on this machine."""
    ranges = (settings.POD_RANGE, settings.SERVICE_RANGE, f"{settings.NODE_ADDRESS}/32")
    name = "free address ranges"
    if routes is None:
        if _cluster_runs():
            return Finding(name, State.FOUND, "in use by the sandbox itself")
        routes = Path("/proc/net/route").read_text()
    taken = [
        f"{network} ({interface})"
        for interface, network in _networks(routes)
        if any(network.overlaps(ipaddress.IPv4Network(ours)) for ours in ranges)
    ]
    if taken:
        fix = f"use a cluster of your own: {users_context.VARIABLE}=<context> make up"
        return Finding(name, State.MISSING, f"routes of this machine overlap them: {', '.join(taken)}", fix)
    return Finding(name, State.FOUND, ", ".join(ranges))


def ports() -> Finding:
    """Whether the cluster's ports on 127.0.0.1 are free."""
    name = "free ports"
    if _cluster_runs():
        return Finding(name, State.FOUND, "in use by the sandbox itself")
    taken = [port for port in settings.LOCAL_PORTS if not _is_free(port)]
    if taken:
        listed = ", ".join(map(str, taken))
        filters = " or ".join(f"sport = :{port}" for port in taken)
        return Finding(
            name, State.MISSING, f"in use on 127.0.0.1: {listed}", f"end what holds them: ss -ltnp '{filters}'"
        )
    return Finding(name, State.FOUND, f"{len(settings.LOCAL_PORTS)} on 127.0.0.1")


def _networks(routes: str) -> list[tuple[str, ipaddress.IPv4Network]]:
    """Read /proc/net/route: every route but the way out, and those of the pods themselves."""
    found = []
    for line in routes.splitlines()[1:]:
        interface, destination, *others = line.split()
        mask = others[5]
        address = socket.inet_ntoa(struct.pack("<I", int(destination, 16)))
        network = ipaddress.IPv4Network((address, socket.inet_ntoa(struct.pack("<I", int(mask, 16)))))
        if network.prefixlen > 0:
            found.append((interface, network))
    return found


def _is_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            connection.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _cluster_runs() -> bool:
    return any(program.pid is not None for program in lifecycle.status()) or bool(cgroups.members(cgroups.PROGRAMS))
