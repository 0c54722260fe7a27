"""Asking the kernel's packet filter over netlink: no program is needed for it, and nothing is changed.

Numbers are those of linux/netlink.h, linux/netfilter/nfnetlink.h, nf_tables.h and nf_tables_compat.h.
"""

import errno
import socket
import struct

_NETLINK_NETFILTER = 12
_REQUEST, _ACK, _CREATE = 0x001, 0x004, 0x400
_ERROR = 2
_BATCH_BEGIN, _BATCH_END = 16, 17
_NFTABLES = 10
_NEWTABLE, _DELTABLE, _NEWCHAIN, _NEWRULE, _GETGEN = ((_NFTABLES << 8) | kind for kind in (0, 2, 3, 6, 16))
_QUEUE_CONFIGURE = (3 << 8) | 2
_INET = 1
_NESTED = 0x8000
_TRIAL = b"mlops_doctor_trial\0"
_TIMEOUT_SECONDS = 5.0


def generation_error() -> int:
    """Asks for the rules' generation, which every nftables has.

    Returns:
        The number of the kernel's error; 0 when it answers.
    """
    return _exchange([_message(_GETGEN, _REQUEST | _ACK)])


def queue_error() -> int:
    """Try a rule with the expression `queue` (CONFIG_NFT_QUEUE).

    Returns:
        The number of the kernel's error; 0 when it takes such rules.
    """
    return _trial_error(b"queue\0", _attribute(1, struct.pack(">H", 100)) + _attribute(2, struct.pack(">H", 1)))


def target_error() -> int:
    """Try a rule with xtables' target NFQUEUE (CONFIG_NFT_COMPAT, CONFIG_NETFILTER_XT_TARGET_NFQUEUE).

    Returns:
        The number of the kernel's error; 0 when it takes such rules.
    """
    information = struct.pack("=HHHxx", 100, 1, 0)
    target = _attribute(1, b"NFQUEUE\0") + _attribute(2, struct.pack(">I", 3)) + _attribute(3, information)
    return _trial_error(b"target\0", target)


def listening_error() -> int:
    """Asks whether a program can be handed the packets of a queue (CONFIG_NETFILTER_NETLINK_QUEUE).

    Returns:
        The number of the kernel's error; 0 when it can.
    """
    # NFQNL_CFG_CMD_PF_BIND does nothing any more, and is still answered.
    return _exchange(
        [_message(_QUEUE_CONFIGURE, _REQUEST | _ACK, _attribute(1, struct.pack(">BxH", 3, socket.AF_INET)))]
    )


def _trial_error(expression: bytes, data: bytes) -> int:
    """Add a table with one rule and delete it, all in one transaction: nobody ever sees it."""
    rule = _attribute(1 | _NESTED, _attribute(1, expression) + _attribute(2 | _NESTED, data))
    table, chain = _attribute(1, _TRIAL), _TRIAL
    return _exchange(
        [
            _message(_BATCH_BEGIN, _REQUEST, resource=_NFTABLES),
            _message(_NEWTABLE, _REQUEST | _CREATE, table),
            _message(_NEWCHAIN, _REQUEST | _CREATE, table + _attribute(3, chain)),
            _message(_NEWRULE, _REQUEST | _CREATE, table + _attribute(2, chain) + _attribute(4 | _NESTED, rule)),
            _message(_DELTABLE, _REQUEST | _ACK, table),
            _message(_BATCH_END, _REQUEST, resource=_NFTABLES),
        ]
    )


def _message(kind: int, flags: int, attributes: bytes = b"", *, resource: int = 0) -> bytes:
    """Return a message without its sequence number; `_exchange` numbers them."""
    family = 0 if kind in (_BATCH_BEGIN, _BATCH_END) else _INET
    return (
        struct.pack("=IHHII", 20 + len(attributes), kind, flags, 0, 0)
        + struct.pack(">BBH", family, 0, resource)
        + attributes
    )


def _attribute(kind: int, payload: bytes) -> bytes:
    length = 4 + len(payload)
    return struct.pack("=HH", length, kind) + payload + b"\0" * (-length % 4)


def _exchange(messages: list[bytes]) -> int:
    """Send messages, of which one asks to be acknowledged; return the first error, or 0."""
    numbered = [each[:8] + struct.pack("=I", number) + each[12:] for number, each in enumerate(messages, start=1)]
    try:
        with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _NETLINK_NETFILTER) as connection:
            connection.settimeout(_TIMEOUT_SECONDS)
            connection.bind((0, 0))
            connection.send(b"".join(numbered))
            found = None
            while found is None:
                found = _answered(connection.recv(65536))
            return found
    except OSError as error:
        return error.errno or errno.ETIMEDOUT


def _answered(datagram: bytes) -> int | None:
    """Read what the kernel answers: an error, 0 for an acknowledgement, None for anything else."""
    while len(datagram) >= 20:
        length, kind = struct.unpack_from("=IH", datagram)
        if kind == _ERROR:
            (code,) = struct.unpack_from("=i", datagram, 16)
            return -int(code)
        datagram = datagram[max((length + 3) & ~3, 16) :]
    return None
