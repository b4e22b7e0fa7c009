"""Sees whom the programs in a box try to reach, though nothing of it ever leaves the box."""

import ctypes
import fcntl
import socket
import struct
import subprocess
import threading
from pathlib import Path
from typing import Self

NEW_NETWORK = 0x40000000
"""CLONE_NEWNET, see https://man7.org/linux/man-pages/man2/setns.2.html"""

ADD_ROUTE, IS_UP = 0x890B, 1
"""SIOCADDRT and RTF_UP, see https://man7.org/linux/man-pages/man7/netdevice.7.html"""

ALL_PROTOCOLS, OUTGOING, BUFFER = 3, 4, 33
"""ETH_P_ALL, PACKET_OUTGOING and SO_RCVBUFFORCE, see
https://man7.org/linux/man-pages/man7/packet.7.html"""

KEPT = 16 << 20
"""Bytes of packets that are kept until somebody looks."""

TCP, UDP, DNS = 6, 17, 53
SYN, ACK = 0x02, 0x10

NAMES = "hosts: files dns\n"
"""For /etc/nsswitch.conf: a box has no name service, so that nobody would see it asked."""


class Watch:
    """What is sent in the network namespace of a process, from here on.

    A route to everywhere is laid through the loopback interface: what would fail without a
    trace becomes a packet, which ends there.
    """

    def __init__(self, pid: int) -> None:
        self._problem: OSError | None = None
        # what a thread opens in a namespace stays there, and only the thread goes
        thread = threading.Thread(target=self._open, args=(pid,))
        thread.start()
        thread.join()
        if self._problem:
            raise self._problem

    def _open(self, pid: int) -> None:
        try:
            _enter(pid)
            _lead_everywhere()
            kind = socket.htons(ALL_PROTOCOLS)
            self._packets = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, kind)
            self._packets.setsockopt(socket.SOL_SOCKET, BUFFER, KEPT)
            self._packets.settimeout(0)
        except OSError as problem:
            self._problem = problem

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._packets.close()

    def seen(self) -> set[str]:
        """Return the addresses and names that were asked for; the port of a name is gone."""
        found = set()
        try:
            while True:
                packet, (_, _, kind, *_) = self._packets.recvfrom(1 << 16)
                if kind == OUTGOING:
                    found |= wanted(packet)
        except BlockingIOError:
            return found


def with_names(pid: int, file: str) -> None:
    """Have the programs in a box ask for names; `file` has `NAMES`, where they see it."""
    words = ("nsenter", f"--target={pid}", "--mount", "mount", "--bind")
    subprocess.run([*words, file, "/etc/nsswitch.conf"], check=True)


def wanted(packet: bytes) -> set[str]:
    """Return whom an IP packet is the first to; nobody for one that goes on, or answers."""
    if packet[0] >> 4 == 6:
        protocol, address, rest = packet[6], packet[24:40], packet[40:]
    else:
        protocol, address = packet[9], packet[16:20]
        rest = packet[(packet[0] & 15) * 4 :]
    port = int.from_bytes(rest[2:4], "big")
    if protocol == UDP and port == DNS:
        return {_name(rest[20:])}
    if protocol == UDP or (protocol == TCP and rest[13] & (SYN | ACK) == SYN):
        family = socket.AF_INET if len(address) == 4 else socket.AF_INET6
        return {f"{socket.inet_ntop(family, address)}:{port}"}
    return set()


def _name(question: bytes) -> str:
    """Read a name as DNS writes it: the length of each part before it, 0 at the end."""
    labels = []
    while question and question[0]:
        size = question[0] + 1
        labels.append(question[1:size].decode(errors="replace"))
        question = question[size:]
    return ".".join(labels)


def _enter(pid: int) -> None:
    """Go where a process has its network, with this thread."""
    libc = ctypes.CDLL(None, use_errno=True)
    with Path(f"/proc/{pid}/ns/net").open("rb") as namespace:
        if libc.setns(namespace.fileno(), NEW_NETWORK):
            raise OSError(ctypes.get_errno(), "setns")


def _lead_everywhere() -> None:
    """Add what `ip route add default dev lo` adds."""
    name = ctypes.create_string_buffer(b"lo")
    anywhere = struct.pack("H14x", socket.AF_INET)
    addresses = (anywhere, anywhere, anywhere)
    rest = (IS_UP, 0, 0, 0, 0, ctypes.addressof(name), 0, 0, 0)
    route = struct.pack("L16s16s16sHhLPhPLLH", 0, *addresses, *rest)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, ADD_ROUTE, route)
