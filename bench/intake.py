"""How many deliveries the app accepts a second, against a Probot app that stores nothing.

Ours is `greenroom web` as shipped: HMAC, one durable commit for each group of deliveries, one
line of log for each.  The baseline is Probot 14 as shipped, with one empty handler for issues.
Each has one core for itself, the sender has another; both get the same real payloads, signed,
in turn.  *Matched* are the payloads that the handler is for, *firehose* is one of everything.
Files are on tmpfs where there is one, so that the disk of the machine is not what is measured.
"""

import json
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from threading import Timer

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from bench.load import Load, Result
from bench.table import Row, bounded, compared

HERE = Path(__file__).parent
CACHE = HERE.parent / ".cache/probot"
SECRET = "a secret of the bench"
ROUNDS = 9
SECONDS = 1.2
BURST = 1_000


@dataclass(slots=True, kw_only=True)
class Server:
    """A program under load, and what was measured of it."""

    name: str
    path: str
    port: int
    process: subprocess.Popen[bytes]
    results: list[Result] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)  # microseconds for each delivery

    @property
    def rates(self) -> list[float]:
        return [result.rate for result in self.results]

    @property
    def p99s(self) -> list[float]:
        return [result.p99 for result in self.results]


def rows() -> list[Row]:
    if (os.cpu_count() or 1) < 2:
        _say("There is one core alone: the sender takes part of it, from both.")
    _install()
    if (load := os.getloadavg()[0]) > 0.5:
        _say(f"Something else is at work here (load {load:.1f}): do not trust what follows.")
    with _folder() as folder:
        found = []
        memory: dict[str, list[float]] = {"ours": [], "theirs": []}
        for mix, bar in (("matched", 1.2), ("firehose", 1.0)):
            found += _compare(folder / mix, mix, bar, memory)
        ours, theirs = memory.values()
        found.append(compared("memory after load", "MB", ours, theirs, at_most=0.6))
        return [*found, _burst(folder / "burst"), _killed(folder / "killed")]


def _compare(folder: Path, mix: str, bar: float, memory: dict[str, list[float]]) -> Iterator[Row]:
    payloads = _payloads(folder, mix)
    with _greenroom(folder) as ours, _probot(folder) as theirs:
        for server in (ours, theirs):
            _send(server, payloads)  # warm up: compile, fill caches
        for number in range(ROUNDS):
            for server in (ours, theirs):
                _measure(server, payloads)
            _say(
                f"{mix}, round {number + 1} of {ROUNDS}: {ours.rates[-1]:,.0f} a second,"
                f" Probot {theirs.rates[-1]:,.0f}"
            )
        memory["ours"].append(_memory(ours))
        memory["theirs"].append(_memory(theirs))
    yield compared(f"deliveries, {mix}", "1/s", ours.rates, theirs.rates, at_least=bar)
    yield compared(f"p99 of an answer, {mix}", "ms", ours.p99s, theirs.p99s, at_most=1.0)
    yield compared(f"CPU of a delivery, {mix}", "µs", ours.cpu, theirs.cpu)


def _burst(folder: Path) -> Row:
    payloads = _payloads(folder, "matched")
    with _greenroom(folder) as ours:
        took = [
            _send(ours, payloads, deliveries=BURST, connections=250, seconds=60.0).seconds
            for _ in range(ROUNDS)
        ]
    return bounded(f"burst of {BURST:,} acknowledged", "s", took, at_most=1.0)


def _killed(folder: Path) -> Row:
    """Kill the app under load and look for what it had accepted."""
    payloads, accepted = _payloads(folder, "matched"), folder / "accepted"
    with _greenroom(folder) as ours:
        load = _load(ours, payloads, accepted=str(accepted))
        timer = Timer(SECONDS / 2, ours.process.kill)
        with _sender() as sender:
            timer.start()
            sender.communicate(json.dumps(asdict(load)).encode())
    with closing(sqlite3.connect(folder / "greenroom.db")) as database:
        stored = {guid for (guid,) in database.execute("SELECT guid FROM deliveries")}
    told = set(accepted.read_text().split())
    _say(f"killed: {len(told):,} acknowledged, {len(stored):,} stored")
    lost = float(len(told - stored)) if told else float("nan")
    return bounded("acknowledged but lost after SIGKILL", "rows", [lost], at_most=0.0)


def _measure(server: Server, payloads: Path) -> None:
    before = _cpu_time(server)
    result = _send(server, payloads)
    assert not result.refused, result.refused
    server.results.append(result)
    server.cpu.append((_cpu_time(server) - before) / result.accepted * 1e6)


def _send(server: Server, payloads: Path, **more: float) -> Result:
    load = _load(server, payloads, **more)
    with _sender() as sender:
        said, _ = sender.communicate(json.dumps(asdict(load)).encode())
    return Result(**json.loads(said))


def _load(server: Server, payloads: Path, **more: object) -> Load:
    wanted = {"seconds": SECONDS, **more}
    return Load(
        port=server.port, path=server.path, secret=SECRET, payloads=str(payloads), **wanted
    )


def _sender() -> subprocess.Popen[bytes]:
    argv = [*_on_core(1), sys.executable, "-m", "bench.load"]
    pipe = subprocess.PIPE
    return subprocess.Popen(argv, cwd=HERE.parent, stdin=pipe, stdout=pipe)


@contextmanager
def _greenroom(folder: Path) -> Iterator[Server]:
    environment = {
        "GITHUB_WEBHOOK_SECRET": SECRET,
        "GREENROOM_HOME": str(folder),
        "GREENROOM_HOST": "127.0.0.1",
    }
    argv = [sys.executable, "-m", "bot"]
    settings = {**os.environ, **environment}
    subprocess.run([*argv, "migrate"], env=settings, cwd=HERE.parent, check=True)
    with _serving("ours", "/webhook", [*argv, "web"], settings, folder) as server:
        yield server


@contextmanager
def _probot(folder: Path) -> Iterator[Server]:
    environment = {
        "APP_ID": "1",
        "PRIVATE_KEY": _private_key(),
        "WEBHOOK_SECRET": SECRET,
        "NODE_ENV": "production",
        "HOST": "127.0.0.1",
    }
    argv = ["node", str(CACHE / "node_modules/probot/bin/probot.js"), "run", str(CACHE / "app.js")]
    path = "/api/github/webhooks"
    with _serving("probot", path, argv, {**os.environ, **environment}, folder) as server:
        yield server


@contextmanager
def _serving(name, path, argv, environment, folder) -> Iterator[Server]:
    port = _free_port()
    with (folder / f"{name}.log").open("wb") as log:
        process = subprocess.Popen(
            [*_on_core(0), *argv],
            cwd=CACHE if name == "probot" else HERE.parent,
            env={**environment, "PORT": str(port)},
            stdout=log,
            stderr=log,
        )
        try:
            _wait_for(port)
            yield Server(name=name, path=path, port=port, process=process)
        finally:
            process.kill()
            process.wait()


def _wait_for(port: int) -> None:
    ends = time.monotonic() + 30
    while time.monotonic() < ends:
        with suppress(ConnectionRefusedError), socket.create_connection(("127.0.0.1", port)):
            return
        time.sleep(0.05)
    raise TimeoutError(f"nothing listens on port {port}")


def _install() -> None:
    """Bring Probot and the payloads, unless they are there already."""
    wanted = (HERE / "probot/package-lock.json").read_bytes()
    lock = CACHE / "package-lock.json"
    if not (lock.is_file() and lock.read_bytes() == wanted and (CACHE / "installed").exists()):
        _say("Installing Probot from npm …")
        shutil.copytree(HERE / "probot", CACHE, dirs_exist_ok=True)
        argv = ["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"]
        subprocess.run(argv, cwd=CACHE, check=True, stdout=sys.stderr)
        (CACHE / "installed").touch()


def _payloads(folder: Path, mix: str) -> Path:
    folder.mkdir()
    examples = CACHE / "node_modules/@octokit/webhooks-examples/api.github.com/index.json"
    chosen = [
        {"name": event["name"], "body": json.dumps(payload, separators=(",", ":"))}
        for event in json.loads(examples.read_text())
        for payload in event["examples"]
        if mix == "firehose" or event["name"] == "issues"
    ]
    file = folder / "payloads.json"
    file.write_text(json.dumps(chosen))
    return file


@contextmanager
def _folder() -> Iterator[Path]:
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as name:
        yield Path(name)


def _on_core(number: int) -> list[str]:
    alone = (os.cpu_count() or 1) < 2 or not shutil.which("taskset")
    return [] if alone else ["taskset", "-c", str(number)]


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
        return port


def _private_key() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    return pem.decode()


def _cpu_time(server: Server) -> float:
    fields = Path(f"/proc/{server.process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _memory(server: Server) -> float:
    """Return the proportional share of memory that is the process's, in megabytes."""
    for line in Path(f"/proc/{server.process.pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    raise LookupError("smaps_rollup has no Pss")


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
