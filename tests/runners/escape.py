"""An agent that tries to get out; prints what each way came to, as JSON.

Run inside the box as `python3 escape.py HOST-PORT HARNESS-FINDER`.  It tries with the C
library and the raw system calls, as a program that wants to get out would.
"""

# ruff: noqa: PTH108, PTH123, PTH208, T201 - as plain as a stranger would write it

import ctypes
import json
import os
import resource
import socket
import subprocess
import sys

libc = ctypes.CDLL(None, use_errno=True)
OUT = "GOT OUT"
found: dict[str, str] = {}


def attempt(name, action):
    try:
        result = action()
    except (OSError, ValueError) as problem:
        found[name] = f"refused: {problem}"
    else:
        found[name] = f"{OUT}: {result!r}"


def call(number, *arguments):
    def do():
        values = [
            a if isinstance(a, (bytes, ctypes._Pointer)) else ctypes.c_long(a) for a in arguments
        ]
        result = libc.syscall(ctypes.c_long(number), *values)
        if result < 0:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
        return result

    return do


def connect(family, address, kind=socket.SOCK_STREAM):
    def do():
        with socket.socket(family, kind) as wire:
            wire.settimeout(2)
            wire.connect(address)
        return address

    return do


def opened(family, kind, protocol=0):
    return lambda: socket.socket(family, kind, protocol).fileno()


def written(path):
    def do():
        with open(path, "w") as file:
            file.write("x")

    return do


def read(path):
    return lambda: open(path, "rb").read(64)


def ran(*words):
    def do():
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        if done.returncode:
            raise OSError(1, done.stderr.strip()[-80:] or "failed")
        return done.stdout

    return do


def asked(method, path, headers=""):
    def do():
        with socket.socket(socket.AF_UNIX) as wire:
            wire.settimeout(5)
            wire.connect("/run/greenroom/gateway.sock")
            wire.sendall(
                f"{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{headers}"
                "Content-Length: 2\r\n\r\n{}".encode()
            )
            status = int(wire.makefile("rb").readline().split()[1])
        if status in (400, 403, 404, 405):
            raise OSError(1, f"http {status}")
        return status

    return do


def raised_limit():
    resource.setrlimit(resource.RLIMIT_NPROC, (100_000, 100_000))


def only_own_processes():
    pids = [int(name) for name in os.listdir("/proc") if name.isdigit()]
    if max(pids) > 1000 or len(pids) > 20:
        return pids
    raise OSError(1, f"{len(pids)} processes of our own")


port, harness = int(sys.argv[1]), int(sys.argv[2])
attempt("host loopback", connect(socket.AF_INET, ("127.0.0.1", port)))
attempt("internet", connect(socket.AF_INET, ("1.1.1.1", 53)))
attempt("internet by udp", connect(socket.AF_INET, ("1.1.1.1", 53), socket.SOCK_DGRAM))
attempt("abstract socket", connect(socket.AF_UNIX, f"\0greenroom-test-{port}"))
attempt("vsock", opened(40, socket.SOCK_STREAM))
attempt("packet socket", opened(17, socket.SOCK_RAW))
attempt("netfilter", opened(16, socket.SOCK_RAW, 12))
attempt("alg socket", opened(38, socket.SOCK_SEQPACKET))
attempt("vsock with high bits", call(41, 0x1_0000_0028, 1, 0))
attempt("signal to the harness", lambda: os.kill(harness, 0))
attempt("other processes", only_own_processes)
attempt("harness memory", read(f"/proc/{harness}/mem"))
attempt("harness environment", read(f"/proc/{harness}/environ"))
for path in (
    "/root",
    "/home/agent/../../root",
    "/etc/shadow",
    "/work",
    "/var",
    "/proc/1/root/root",
    "/sys/kernel",
):
    attempt(f"look at {path}", lambda path=path: os.listdir(path))
for path in (
    "/usr/x",
    "/etc/passwd",
    "/etc/x",
    "/x",
    "/dev/x",
    "/mirror.git/x",
    "/run/greenroom/x",
    "/opt/greenroom/bin/x",
    "/proc/sys/kernel/hostname",
    "/proc/sysrq-trigger",
):
    attempt(f"write {path}", written(path))
attempt("replace the socket", lambda: os.unlink("/run/greenroom/gateway.sock"))
attempt("device node", lambda: os.mknod("/tmp/disk", 0o60666, os.makedev(254, 0)))
attempt("mount", call(165, b"tmpfs", b"/tmp", b"tmpfs", 0, 0))
attempt("remount", call(165, b"none", b"/usr", b"none", 0x1021, 0))
attempt("umount", call(166, b"/run/greenroom", 2))
attempt("open_tree", call(428, -100, b"/", 1))
attempt("open_tree_attr", call(467, -100, b"/", 1, 0, 0))
attempt("fsopen", call(430, b"tmpfs", 0))
attempt("chroot", call(161, b"/tmp"))
attempt("pivot_root", call(155, b"/tmp", b"/tmp"))
attempt("user namespace", call(272, 0x10000000))
attempt("mount namespace", call(272, 0x00020000))
attempt("user namespace by clone", call(56, 0x10000000 | 17, 0, 0, 0, 0))
attempt("user namespace by clone3", call(435, b"\0" * 88, 88))
attempt("unshare program", ran("unshare", "-Ur", "true"))
attempt(
    "nested bubblewrap",
    ran("bwrap", "--unshare-user", "--ro-bind", "/usr", "/usr", "/usr/bin/true"),
)
attempt("setns", call(308, 0, 0))
attempt("ptrace", call(101, 16, 1, 0, 0))
attempt("process_vm_readv", call(310, 1, 0, 0, 0, 0, 0))
attempt("keyring", call(250, 0, -3, 0))
attempt("add_key", call(248, b"user", b"x", b"x", 1, -3))
attempt("bpf", call(321, 0, 0, 0))
attempt("io_uring", call(425, 1, 0))
attempt("userfaultfd", call(323, 1))
attempt("perf", call(298, 0, 0, -1, -1, 0))
attempt("kexec", call(246, 0, 0, 0, 0))
attempt("load a module", call(313, 0, b"", 0))
attempt("raise a limit", raised_limit)
attempt("setuid", lambda: os.setuid(0))
attempt("su", ran("su", "-c", "true"))
for method, path in (
    ("POST", "/launch"),
    ("POST", "/finish"),
    ("POST", "/heartbeat"),
    ("GET", "/git/quarantine.git/info/refs?service=git-receive-pack"),
    ("GET", "/git/mirror.git/info/refs?service=git-receive-pack"),
    ("POST", "/git/mirror.git/git-receive-pack"),
    ("POST", "/git/mirror.git/../../finish"),
    ("POST", "/outputs/../finish"),
    ("POST", "/outputs%2f..%2ffinish"),
    ("POST", "http://greenroom/finish"),
):
    attempt(f"ask {method} {path}", asked(method, path))
attempt("smuggled request", asked("POST", "/steps", "Transfer-Encoding: chunked\r\n"))
print(json.dumps(found))
