"""The changes to the machine that a node needs, and putting them back."""

import contextlib
import ipaddress
import json
import socket
import time
from pathlib import Path

from sandbox import commands, packages
from sandbox.cluster import cgroups, settings
from sandbox.cluster.journal import Journal
from sandbox.cluster.layout import Layout

_PROXY_TABLES = ("ip kube-proxy", "ip6 kube-proxy")
_OWN_TABLE = f"ip {settings.NFT_TABLE}"
_POLICY_TABLE = f"inet {settings.POLICY_TABLE}"
_RULE_COMMENT = "mlops-sandbox"

_SYSCTLS = Path("/proc/sys")
_ROUTES = Path("/proc/net/route")
_CAPABILITY_SYS_RESOURCE = 24
_INTERFACES_GONE_SECONDS = 10.0
_USUAL_MTU_BYTES = 1500
_LARGEST_MTU_BYTES = 65535

# Set by the kubelet, by the network plugin and by ourselves. Forwarding resets the settings below it: it comes first.
_CHANGED_SYSCTLS = (
    "net/ipv4/ip_forward",
    "net/ipv4/conf/*/forwarding",
    "net/ipv4/conf/*/accept_redirects",
    "kernel/panic",
    "kernel/panic_on_oops",
    "kernel/keys/root_maxkeys",
    "kernel/keys/root_maxbytes",
    "vm/overcommit_memory",
    "vm/panic_on_oom",
)


def sysctls(root: Path = _SYSCTLS) -> dict[str, str]:
    """Read the kernel settings that a node changes, by path below /proc/sys."""
    return {
        str(path.relative_to(root)): path.read_text().strip()
        for pattern in _CHANGED_SYSCTLS
        for path in sorted(root.glob(pattern))
    }


def prepare(layout: Layout, journal: Journal) -> None:
    """Make the changes that are not made yet, each journalled before it is made.

    Args:
        layout: Where the cluster's files lie.
        journal: What was changed before; it is kept up to date.
    """
    if not journal.sysctls:
        journal.sysctls = sysctls()
    tables = _tables()
    made = (_OWN_TABLE, _POLICY_TABLE, *_PROXY_TABLES)
    journal.tables = [name for name in made if name in journal.tables or name not in tables]
    journal.address_added = journal.address_added or not _has_address()
    journal.controllers = sorted({*journal.controllers, *cgroups.controllers_to_enable()})
    journal.folders += [str(place) for place in _absent_folders(layout) if str(place) not in journal.folders]
    journal.forwarding_rule = journal.forwarding_rule or _forwarding_is_dropped()
    journal.write(layout.journal)

    for folder in journal.folders:
        Path(folder).mkdir(exist_ok=True)
    cgroups.create()
    if not _has_address():
        commands.run(["ip", "address", "add", f"{settings.NODE_ADDRESS}/32", "dev", "lo"])
    (_SYSCTLS / "net/ipv4/ip_forward").write_text("1")
    _nft(_masquerading())
    if journal.forwarding_rule and not _forwarding_rules():
        _nft("".join(f"insert rule ip filter FORWARD {match} accept {_comment()}\n" for match in _forwarded()))


def restore(journal: Journal) -> None:
    """Put everything back; what is back already is left alone.

    Args:
        journal: What was changed.
    """
    present = _tables() if journal.tables or journal.forwarding_rule else set()
    for table in journal.tables:
        if table in present:
            _nft(f"delete table {table}\n")
    if journal.forwarding_rule:
        for handle in _forwarding_rules():
            _nft(f"delete rule ip filter FORWARD handle {handle}\n")
    _await_pod_interfaces_gone()
    if journal.address_added and _has_address():
        commands.run(["ip", "address", "delete", f"{settings.NODE_ADDRESS}/32", "dev", "lo"])
    cgroups.remove()
    cgroups.disable_controllers(journal.controllers)
    write_sysctls(journal.sysctls, keep_forwarding=_docker_forwards())
    for folder in reversed(journal.folders):
        with contextlib.suppress(OSError):  # somebody else uses it by now
            Path(folder).rmdir()


def write_sysctls(values: dict[str, str], *, keep_forwarding: bool, root: Path = _SYSCTLS) -> None:
    """Write kernel settings back where they differ.

    Args:
        values: As `sysctls` read them.
        keep_forwarding: Leaves forwarding as it is, because somebody else has come to need it.
        root: Where the settings are.
    """
    for name, value in values.items():
        path = root / name
        if keep_forwarding and name.startswith("net/"):
            continue
        if path.is_file() and path.read_text().strip() != value:
            path.write_text(value)


def enforces_network_policies() -> bool:
    """Whether the rules are there that ask kube-network-policies about a pod's new connections.

    Where the kernel refuses them the program goes on and enforces nothing.
    """
    return _POLICY_TABLE in _tables()


def may_raise_oom_score() -> bool:
    """Whether the kernel lets this process protect others from running out of memory."""
    status = Path("/proc/self/status").read_text().splitlines()
    effective = next(line.split()[1] for line in status if line.startswith("CapEff:"))
    return bool(int(effective, 16) >> _CAPABILITY_SYS_RESOURCE & 1)


def default_interface(routes: str) -> str | None:
    """Return the interface of the way out of the machine, from the text of /proc/net/route."""
    for line in routes.splitlines()[1:]:
        fields = line.split()
        if len(fields) > 7 and fields[1] == fields[7] == "00000000":
            return fields[0]
    return None


def mtu_bytes() -> int:
    """Largest packet on the way out of the machine; no more than the pods' own interfaces take."""
    interface = default_interface(_ROUTES.read_text())
    if interface is None:
        return _USUAL_MTU_BYTES
    (link,) = json.loads(commands.run(["ip", "-json", "link", "show", "dev", interface]))
    return min(int(link["mtu"]), _LARGEST_MTU_BYTES)


def has_name_servers() -> bool:
    """Whether the machine knows any name server."""
    try:
        lines = Path("/etc/resolv.conf").read_text().splitlines()
    except FileNotFoundError:
        return False
    return any(line.split()[:1] == ["nameserver"] for line in lines)


def _docker_forwards() -> bool:
    return any(name == "docker0" for _, name in socket.if_nameindex())


def _absent_folders(layout: Layout) -> list[Path]:
    chains = [[*reversed(place.parents), place] for place in layout.hidden_places()]
    return [folder for chain in chains for folder in chain if not folder.exists()]


def _has_address() -> bool:
    return settings.NODE_ADDRESS in _addresses()


def _await_pod_interfaces_gone() -> None:
    """Wait until the kernel has taken the pods' interfaces away, which it does some time after their last process."""
    pods = ipaddress.IPv4Network(settings.NODE_POD_RANGE)
    deadline = time.monotonic() + _INTERFACES_GONE_SECONDS
    while any(ipaddress.IPv4Address(address) in pods for address in _addresses()) and time.monotonic() < deadline:
        time.sleep(0.05)


def _addresses() -> set[str]:
    links = json.loads(commands.run(["ip", "-json", "-4", "address", "show"]))
    return {address["local"] for link in links for address in link.get("addr_info", []) if "local" in address}


def _masquerading() -> str:
    # Declared, emptied and filled in one transaction: running it again changes nothing.
    own = f"{{ {settings.POD_RANGE}, {settings.SERVICE_RANGE}, {settings.NODE_ADDRESS}/32 }}"
    return (
        f"table {_OWN_TABLE}\n"
        f"delete table {_OWN_TABLE}\n"
        f"table {_OWN_TABLE} {{\n"
        "  chain postrouting {\n"
        "    type nat hook postrouting priority srcnat; policy accept;\n"
        f"    ip saddr {settings.POD_RANGE} ip daddr != {own} masquerade\n"
        "  }\n"
        "}\n"
    )


def _tables() -> set[str]:
    lines = _nft("list tables\n").splitlines()
    return {line.removeprefix("table ") for line in lines}


def _forwarded() -> tuple[str, str]:
    return f"ip saddr {settings.POD_RANGE}", f"ip daddr {settings.POD_RANGE}"


def _comment() -> str:
    return f'comment "{_RULE_COMMENT}"'


def _forward_chain() -> list[dict[str, dict[str, object]]]:
    """Return the chain that Docker and most firewalls filter forwarded packets by; empty when there is none."""
    if "ip filter" not in _tables():
        return []
    try:
        listed = commands.run(
            [packages.tool("nft"), "--json", "--handle", "list", "chain", "ip", "filter", "FORWARD"],
            environment=packages.environment(),
        )
    except commands.CommandError:
        return []
    found: list[dict[str, dict[str, object]]] = json.loads(listed)["nftables"]
    return found


def _forwarding_is_dropped() -> bool:
    return any(entry.get("chain", {}).get("policy") == "drop" for entry in _forward_chain())


def _forwarding_rules() -> list[object]:
    rules = [entry["rule"] for entry in _forward_chain() if "rule" in entry]
    return [rule["handle"] for rule in rules if rule.get("comment") == _RULE_COMMENT]


def _nft(script: str) -> str:
    return commands.run([packages.tool("nft"), "-f", "-"], input_text=script, environment=packages.environment())
