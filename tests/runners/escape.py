"""A program that tries to get out; prints which ways were open, and how the others ended.

Run as `python3 escape.py TARGETS`, a file of JSON that says what there is outside, as
somebody would know it who has read the source.  It tries with the C library and the raw
system calls, as a program that wants to get out would, each way in a process of its own: a
way may end in a signal.  Nothing that it does harms a host where all ways are open.
"""

# ruff: noqa: BLE001, FBT003, PTH108, PTH112, PTH113, PTH115, PTH118, PTH123, PTH208, T201 - as
# plain as a stranger would write it

import ctypes
import errno
import fcntl
import json
import mmap
import os
import resource
import socket
import struct
import subprocess
import sys
import traceback

with open(sys.argv[1]) as file:
    there = json.load(file)

libc = ctypes.CDLL(None, use_errno=True)
ways = {}

SHUT = {errno.EPERM, errno.EACCES, errno.ENOSYS, errno.EPROTONOSUPPORT, errno.EAFNOSUPPORT}


def answer(number, *arguments):
    """What the kernel says; any complaint but a refusal means that it has listened."""
    values = [a if isinstance(a, bytes) else ctypes.c_long(a) for a in arguments]
    result = libc.syscall(ctypes.c_long(number), *values)
    if result == 0 and number in {56, 435}:
        os._exit(0)  # a fork of this process, which has nothing to do
    if result < 0 and ctypes.get_errno() in SHUT:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


def call(name, number, *arguments):
    ways[name] = lambda: answer(number, *arguments)


def way(function):
    ways[function.__name__.replace("_", " ")] = function


def each(name, values, function):
    for value in values:
        ways[f"{name} {value}"] = lambda value=value: function(value)


def ran(*words):
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode:
        raise OSError(done.returncode, done.stderr.strip()[-80:] or "failed")
    return words


def connected(family, address, kind=socket.SOCK_STREAM):
    with socket.socket(family, kind) as wire:
        wire.settimeout(2)
        wire.connect(address)
    return address


def writable(folder):
    os.close(os.open(folder, os.O_TMPFILE | os.O_WRONLY))
    return folder


def opened(path, flags=os.O_RDONLY):
    os.close(os.open(path, flags))
    return path


def content(path):
    with open(path, "rb") as file:
        return file.read(64) or None


# The network
@way
def host_loopback():
    return connected(socket.AF_INET, ("127.0.0.1", there["port"]))


@way
def host_loopback_by_version_six():
    return connected(socket.AF_INET6, ("::ffff:127.0.0.1", there["port"]))


@way
def abstract_socket():
    return connected(socket.AF_UNIX, f"\0{there['abstract']}")


def out_by_udp(address):
    return connected(socket.AF_INET, (address, 53), socket.SOCK_DGRAM)


each("udp to", ("1.1.1.1", "169.254.169.254"), out_by_udp)


@way
def socket_of_an_engine():
    return connected(socket.AF_UNIX, there["engine"])


call("vsock", 41, 40, 1, 0)
call("vsock with high bits", 41, 0x1_0000_0028, 1, 0)
call("pair of vsocks", 53, 40, 1, 0, 0)
call("packet socket", 41, 17, 3, 0)
call("alg socket", 41, 38, 5, 0)
call("netfilter", 41, 16, 3, 12)
call("netlink of audit", 41, 16, 3, 9)
call("netlink of sockets", 41, 16, 3, 4)
call("raw socket", 41, 2, 3, 1)
call("raw socket with high bits", 41, 0x1_0000_0002, 3, 1)
call("multipath tcp", 41, 2, 1, 262)
call("multipath tcp with high bits", 41, 2, 1, 0x1_0000_0106)
call("udp lite", 41, 10, 2, 136)


# Other processes
@way
def signal_to_the_harness():
    return os.kill(there["harness"], 0) or True


@way
def processes_of_others():
    found = [int(name) for name in os.listdir("/proc") if name.isdigit()]
    return found if len(found) > 20 else None


each("harness:", ("environ", "mem", "maps", "cwd/.", "fd/0"), lambda name: opened(
    f"/proc/{there['harness']}/{name}"))  # fmt: skip


def left_open(process):
    """Files that a process holds beside what it reads and prints."""
    found = []
    for number in os.listdir(f"/proc/{process}/fd"):
        at = f"/proc/{process}/fd/{number}"
        if int(number) > 2 and os.path.isfile(at):
            found.append(os.readlink(at))
    return found


each("first process:", ("mem", "environ", "cmdline", "fd/0"), lambda name: opened(
    f"/proc/1/{name}"))  # fmt: skip
each("descriptors of", ("self", "1"), left_open)
ways["descriptors of the parent"] = lambda: left_open(os.getppid())
call("trace", 101, 0, 0, 0, 0)
call("process_vm_readv", 310, os.getppid(), 0, 0, 0, 0, 0)
call("process_vm_writev", 311, os.getppid(), 0, 0, 0, 0, 0)
call("kcmp", 312, os.getpid(), os.getpid(), 0, 0, 0)
call("pidfd_getfd", 438, -1, 0, 0)
call("process_madvise", 440, -1, 0, 0, 0, 0)


# Files
def look(what, root=""):
    path = root + there["outside"][what]
    return os.listdir(path) if os.path.isdir(path) else content(path)


each("look at", there["outside"], look)
each("look by way of", ("/proc/1/root", "/proc/self/root", "/proc/self/cwd/../../.."),
     lambda root: look("another job", root))  # fmt: skip
each("write to", there["closed"], writable)
each("device", ("kmsg", "mem", "fuse", "loop-control", "net/tun"), lambda name: opened(
    f"/dev/{name}"))  # fmt: skip
each("kernel's", ("cmdline", "kallsyms", "key-users", "keys", "locks", "kmsg", "interrupts",
     "timer_list", "slabinfo"), lambda name: content(f"/proc/{name}"))  # fmt: skip
each("setting", ("sys/kernel/core_pattern", "sys/kernel/hostname", "sys/kernel/modprobe",
     "sys/net/ipv4/ip_forward", "sysrq-trigger", "sys/vm/drop_caches", "pressure/memory"),
     lambda name: opened(f"/proc/{name}", os.O_WRONLY))  # fmt: skip
each("folder", ("/sys/fs/cgroup", "/sys/kernel", "/sys/class", "/root", "/var", "/proc/fs/ext4"),
     lambda path: os.listdir(path) or None)  # fmt: skip


def through_a_link(kind):
    here = os.path.join(there["scratch"], kind)
    getattr(os, kind)(there["outside"]["its file"], here)
    try:
        return content(here)
    finally:
        os.unlink(here)


each("link:", ("symlink", "link"), through_a_link)


@way
def lease_of_what_others_write():
    with open(there["mirror"]) as file:
        return answer(72, file.fileno(), 1024, fcntl.F_RDLCK) == 0


@way
def device_node():
    node = os.path.join(there["scratch"], "disk")
    os.mknod(node, 0o60666, os.makedev(254, 0))
    os.unlink(node)
    return node


# Mounts and namespaces
call("mount", 165, b"tmpfs", there["scratch"].encode(), b"tmpfs", 0, 0)
call("remount", 165, b"none", b"/usr", b"none", 0x1021, 0)
call("umount", 166, b"/nowhere", 2)
call("open_tree", 428, -100, b"/", 1)
call("open_tree_attr", 467, -100, b"/", 1, 0, 0)
call("move_mount", 429, -1, b"", -1, b"", 0)
call("mount_setattr", 442, -100, b"/nowhere", 0, b"\0" * 32, 32)
call("fsopen", 430, b"tmpfs", 0)
call("fspick", 433, -100, b"/nowhere", 0)
call("chroot", 161, b"/tmp")
call("pivot_root", 155, b"/tmp", b"/tmp")
call("open_by_handle_at", 304, -100, 0, 0)
call("swapon", 167, b"/nowhere", 0)
for name, flag in (("mount", 0x20000), ("cgroup", 0x2000000), ("uts", 0x4000000),
                   ("ipc", 0x8000000), ("user", 0x10000000), ("pid", 0x20000000),
                   ("network", 0x40000000)):  # fmt: skip
    call(f"{name} namespace", 272, flag)
    call(f"{name} namespace by clone", 56, flag | 17, 0, 0, 0, 0)
    call(f"{name} namespace by clone3", 435, struct.pack("11Q", flag, 0, 0, 0, 17, *[0] * 6), 88)
call("clone with high bits", 56, 0x1_1000_0011, 0, 0, 0, 0)


@way
def own_namespace_anew():
    with open("/proc/self/ns/uts") as file:
        return answer(308, file.fileno(), 0) == 0


@way
def unshare_program():
    return ran("unshare", "--user", "--map-root-user", "true")


@way
def nested_bubblewrap():
    return ran("bwrap", "--unshare-user", "--ro-bind", "/", "/", "/usr/bin/true")


# The kernel
call("keyring", 250, 0, -3, 0)
call("add_key", 248, b"user", b"x", b"x", 1, -3)
call("request_key", 249, b"user", b"x", 0, 0)
call("bpf", 321, 0, 0, 0)
call("io_uring", 425, 1, 0)
call("userfaultfd", 323, 1)
call("fanotify", 300, 0, 0)
call("perf", 298, 0, 0, -1, -1, 0)
call("kexec", 246, 0, 0, 0, 0)
call("finit_module", 313, -1, b"", 0)
call("delete_module", 176, b"nothing of that name", 0)
call("reboot", 169, 0, 0, 0, 0)
call("kernel log", 103, 10, 0, 0)
call("accounting", 163, b"/nowhere")
call("quota", 179, 0x80000700, b"/nowhere", 0, 0)
call("ports", 173, 0x80, 1, 1)
call("level of ports", 172, 3)
call("set the time", 164, 0, 0)
call("set a clock", 227, 0, 0)
call("tune the clock", 159, 0)
call("move_pages", 279, 0, 0, 0, 0, 0, 0)
call("migrate_pages", 256, 0, 0, 0, 0)
call("mbind", 237, 0, 0, 0, 0, 0, 0)


def by_a_terminal(request):
    _, terminal = os.openpty()
    try:
        return fcntl.ioctl(terminal, request, struct.pack("i", 99)) or True
    except OSError as problem:
        if problem.errno in SHUT:
            raise
        return problem.strerror


each("terminal", (0x5412, 0x5423), by_a_terminal)
# the kernel looks at 32 bits of it
each("terminal", (0x1_0000_5412,), lambda request: answer(16, os.openpty()[1], request, b"x"))


def coded(code):
    page = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    page.write(code)
    address = ctypes.addressof(ctypes.c_char.from_buffer(page))
    return ctypes.CFUNCTYPE(ctypes.c_long)(address)()


@way
def a_call_of_32_bits():
    result = coded(b"\xb8\x14\0\0\0\xcd\x80\xc3")  # mov eax, 20 (getpid); int 0x80; ret
    return result if result == os.getpid() else None


call("a call of x32", 0x40000000 | 39)


# Power
@way
def more_processes():
    resource.setrlimit(resource.RLIMIT_NPROC, (100_000, 100_000))
    return True


@way
def root_by_its_number():
    return os.setuid(0) or True


@way
def root_by_a_program():
    return ran("su", "-c", "true")


@way
def go_before_others():
    return os.nice(-5) or True


@way
def be_killed_last():
    with open("/proc/self/oom_score_adj", "w") as file:
        file.write("-500")
    return True


@way
def another_name_of_the_host():
    name = socket.gethostname()
    return socket.sethostname(name) or True


# What tells where it is
def told(path):
    return content(path).decode().strip() == there["tells"][path]


each("told by", there["tells"], told)


# The door
def asked(request):
    method, path, *headers = request
    with socket.socket(socket.AF_UNIX) as wire:
        wire.settimeout(5)
        wire.connect(there["door"])
        lines = (f"{method} {path} HTTP/1.1", "Host: x", "Connection: close", *there["headers"],
                 *headers, "Content-Length: 2", "", "{}")  # fmt: skip
        wire.sendall("\r\n".join(lines).encode())
        status = int(wire.makefile("rb").readline().split()[1])
    if status >= 400:
        raise OSError(1, f"http {status}")
    return status


each("ask", map(tuple, there["requests"]), asked)


def tried(function):
    """Go one way in a process of its own."""
    pid = os.fork()
    if pid == 0:
        try:
            os.setsid()
            said = ("reached", repr(function()))
            said = ("refused", "nothing") if said[1] in {"None", "False", "[]"} else said
        except (OSError, ValueError, AttributeError) as problem:
            said = ("refused", str(problem))
        except BaseException:
            said = ("broken", traceback.format_exc())
        os.write(writing, json.dumps(said).encode()[:4000])
        os._exit(0)
    _, status = os.waitpid(pid, 0)
    if status:
        return "refused", f"signal {status & 127}"
    return json.loads(os.read(reading, 4096))


reading, writing = os.pipe()
for descriptor in (reading, writing):
    os.set_inheritable(descriptor, False)
found = {"reached": {}, "refused": {}, "broken": {}}
for name, function in ways.items():
    kind, what = tried(function)
    found[kind][name] = what
print(json.dumps(found))
