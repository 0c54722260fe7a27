import errno
import os
import socket
import struct
from typing import Any, Self

import pytest

from sandbox.doctor import State, network

QUEUE, TARGET, LISTENING = b"queue\0", b"NFQUEUE\0", struct.pack("=H", (3 << 8) | 2)


class Kernel:
    """A netlink socket's other end, which refuses messages that hold certain bytes, and what comes after them."""

    def __init__(self, *refused: bytes) -> None:
        self.refused = refused
        self.answers: list[bytes] = []
        self.tables: set[bytes] = set()

    def __call__(self, *_: Any) -> Self:
        return self

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.answers.clear()

    def settimeout(self, _: float) -> None: ...

    def bind(self, _: tuple[int, int]) -> None: ...

    def send(self, data: bytes) -> None:
        tables, failed = set(self.tables), False
        while data:
            length, kind, flags, number = struct.unpack_from("=IHHI", data)
            message, data = data[:length], data[length:]
            assert length % 4 == 0
            if kind == 10 << 8:
                tables.add(message[24:])
            if kind == (10 << 8) | 2:
                tables.remove(message[24:])
            if any(refused in message for refused in self.refused):
                self.answers.append(self.error(number, -errno.ENOENT))
                failed = True
            elif flags & 4:
                self.answers.append(self.error(number, 0))
        self.tables = self.tables if failed else tables

    def recv(self, _: int) -> bytes:
        if not self.answers:
            raise TimeoutError
        return self.answers.pop(0)

    @staticmethod
    def error(number: int, code: int) -> bytes:
        return struct.pack("=IHHIIi", 20, 2, 0, number, 0, code) + b"\0" * 16


@pytest.mark.parametrize(
    ("refused", "state", "found", "fix"),
    [
        ((), State.FOUND, "nftables' queue", ""),
        ((QUEUE,), State.FOUND, "xtables' NFQUEUE; nftables' own queue is not in this kernel", ""),
        ((QUEUE, TARGET), State.MISSING, "nftables' queue: No such file or directory", "modprobe nft_queue"),
        ((LISTENING,), State.MISSING, "nfnetlink_queue: No such file or directory", "modprobe nfnetlink_queue"),
    ],
)
def test_what_network_policies_need_of_the_kernel_is_told(
    monkeypatch: pytest.MonkeyPatch, refused: tuple[bytes, ...], state: State, found: str, fix: str
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    kernel = Kernel(*refused)
    monkeypatch.setattr(socket, "socket", kernel)
    finding = network.packet_queues()
    assert finding.state is state
    assert finding.found.startswith(found)
    assert finding.fix.startswith(fix)
    assert bool(finding.fix) is (state is State.MISSING)
    assert kernel.tables == set(), "the machine is as it was"


def test_without_root_nobody_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(socket, "socket", None)
    assert network.packet_queues().state is State.NOTED
