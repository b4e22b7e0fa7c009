"""What the operator sets, read from a mapping and checked before anything starts.

Each process asks only for what it needs: the gateway, which agents talk to, never
sees the app's key or the webhook secret.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Literal, TypeVar, get_args
from urllib.parse import urlsplit

from pydantic import SecretStr

from bot.model.errors import Misconfigured
from bot.model.models import Provider
from bot.model.registries import Registries, read_registries
from bot.model.runs import PLAIN, RuntimeName
from bot.model.validations import Class

T = TypeVar("T")

HINTS: Mapping[str, str] = {
    "GITHUB_APP_ID": "give the number that GitHub shows on the app's settings page",
    "GITHUB_PRIVATE_KEY": "give the app's private key in PEM",
    "GITHUB_PRIVATE_KEY_FILE": "give the file that holds the app's private key in PEM",
    "GITHUB_WEBHOOK_SECRET": "give the webhook secret, or several with commas between them",
    "GITHUB_API_URL": "give an address that begins with https:// or http://",
    "GITHUB_SERVER_URL": "give an address that begins with https:// or http://",
    "DATABASE_URL": "give sqlite:///PATH or postgresql://USER:PASSWORD@HOST/NAME",
    "PORT": "give a TCP port from 1 to 65535",
    "GREENROOM_HOST": "give the address to listen on",
    "GREENROOM_HOME": "give the folder for mirrors, jobs, sockets and the embedded database",
    "GREENROOM_BLOBS": "give a folder, or a bucket as s3://, gs:// or az:// and its name",
    "GREENROOM_CLOCK": "give the file that moves the clock, in tests and the demo",
    "GREENROOM_FLOOR": "give a file like .github/greenroom.yml, whose enforce: holds everywhere",
    "GREENROOM_RUNNER": "give local or podman",
    "GREENROOM_PODMAN_RUNTIME": "give crun or runc, or the path of a program like them",
    "GREENROOM_AGENT_IMAGE": "give an image that podman has, by digest as in NAME@sha256:…",
    "GREENROOM_CLASSES": (
        "give classes of validations with commas between them: plain, builder, services; all "
        "where nothing is given"
    ),
    "GREENROOM_JOB_UIDS": "give a range of unused user ids such as 210000-210999",
    "GREENROOM_TOOLBOXES": "give NAME=FOLDER pairs with commas between them",
    "GREENROOM_REGISTRIES": (
        "give hosts of registries with commas between them, * for every public one, http:// "
        "before one without TLS"
    ),
    "GREENROOM_REGISTRY_AUTH": "give a file like Docker's config.json, with auths",
    "GREENROOM_RUNTIME": "give playbook, claude, codex, gemini or opencode",
    "GREENROOM_RUNS_AT_ONCE": "give a whole number above zero",
    "GREENROOM_RUNS_PER_REPO": "give a whole number above zero",
    "ANTHROPIC_API_KEY": "give a key for Anthropic's models",
    "ANTHROPIC_BASE_URL": "give an address that begins with https:// or http://",
    "OPENAI_API_KEY": "give a key for OpenAI's models",
    "OPENAI_BASE_URL": "give an address that begins with https:// or http://, with /v1 at its end",
    "GEMINI_API_KEY": "give a key for Google's Gemini models",
    "GEMINI_BASE_URL": "give an address that begins with https:// or http://",
    "OPENAI_COMPATIBLE_URL": "give the address of a server that speaks OpenAI's, with its /v1",
    "OPENAI_COMPATIBLE_KEY": "give a key for that server, if it wants one",
    "GREENROOM_MODELS": "give a file that says which models may be used and what they cost",
}
"""Every setting, and what to write there; the docs and the errors say the same."""


RunnerName = Literal["local", "podman"]
"""Where jobs run: as processes of this host, or in containers of podman."""

_RUNNERS: tuple[RunnerName, ...] = ("local", "podman")
_CLASSES: tuple[Class, ...] = get_args(Class)
_BY_DIGEST = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/:-]*@sha256:[0-9a-f]{64}", re.ASCII)


class Process(StrEnum):
    """The processes of the app, each with settings of its own that must be there."""

    WEB = "web"
    WORK = "work"
    GATEWAY = "gateway"


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where a provider of models is, and the key that it wants.

    Attributes:
        url: without a slash at its end; OpenAI's, and those like it, with the version.
        key: None where none is wanted.
    """

    url: str
    key: SecretStr | None = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The settings of one process.

    Attributes:
        app_id: GitHub's number of the app; 0 in a process that does not need it.
        private_key: the app's key in PEM, or None when `private_key_file` is to be read.
        webhook_secrets: any of these may have signed a delivery, newest first.
        home: the folder for mirrors, jobs, sockets and the embedded database.
        blobs: the folder or bucket of what is too large for the database.
        clock: the file that moves the clock, in tests and the demo.
        floor: the file of settings that hold where an organization enforces none of its own.
        runner: where jobs run.
        podman_runtime: the program that makes podman's containers.
        agent_image: what they are made from, by digest; empty where none are.
        classes: those of validations that run here, whatever configuration allows.
        job_uids: first and last user id that jobs may take when started by root.
        toolboxes: read-only tool trees by name, offered to every sandbox.
        registries: where images may come from.
        registry_auth: the file with the names and passwords for them.
        runtime: of agents that leave it to the operator, such as the built-in `fix`.
        runs_at_once: how many runs may hold a runner at the same time.
        runs_per_repo: the same, for one repository.
        providers: the providers of models that are set up; in the gateway alone.
        models: the operator's file of models and their prices.
    """

    app_id: int
    private_key: SecretStr | None = field(repr=False)
    private_key_file: Path | None
    webhook_secrets: tuple[SecretStr, ...] = field(repr=False)
    api_url: str
    server_url: str
    database_url: SecretStr = field(repr=False)
    host: str
    port: int
    home: Path
    blobs: str
    clock: Path | None
    floor: Path | None
    runner: RunnerName
    podman_runtime: str
    agent_image: str
    classes: frozenset[Class]
    job_uids: tuple[int, int]
    toolboxes: Mapping[str, Path]
    registries: Registries
    registry_auth: Path | None
    runtime: RuntimeName
    runs_at_once: int
    runs_per_repo: int
    providers: Mapping[Provider, Address]
    models: Path | None


def read_settings(env: Mapping[str, str], needs: frozenset[Process]) -> Settings:
    """Make the settings of the processes in `needs` from environment variables.

    Raises:
        Misconfigured: naming the variable that is missing or broken.
    """
    work, web = Process.WORK in needs, Process.WEB in needs
    home = Path(env.get("GREENROOM_HOME") or ".greenroom").absolute()
    key, key_file = env.get("GITHUB_PRIVATE_KEY"), env.get("GITHUB_PRIVATE_KEY_FILE")
    runner = _read(env, "GREENROOM_RUNNER", _runner, "local")
    contained = work and runner == "podman"
    if work and not (key or key_file):
        hint = HINTS["GITHUB_PRIVATE_KEY_FILE"]
        raise Misconfigured(f"GITHUB_PRIVATE_KEY_FILE is not set: {hint}.")
    return Settings(
        app_id=_read(env, "GITHUB_APP_ID", _positive, None) if work else 0,
        private_key=SecretStr(key.replace("\\n", "\n")) if key else None,
        private_key_file=Path(key_file) if key_file and not key else None,
        webhook_secrets=_read(env, "GITHUB_WEBHOOK_SECRET", _secrets, None) if web else (),
        api_url=_read(env, "GITHUB_API_URL", _url, "https://api.github.com"),
        server_url=_read(env, "GITHUB_SERVER_URL", _url, "https://github.com"),
        database_url=_read(env, "DATABASE_URL", _database, f"sqlite:///{home}/greenroom.db"),
        host=env.get("GREENROOM_HOST") or "0.0.0.0",  # noqa: S104 - GitHub calls from outside
        port=_read(env, "PORT", _port, "8080"),
        home=home,
        blobs=env.get("GREENROOM_BLOBS") or str(home / "blobs"),
        clock=Path(env["GREENROOM_CLOCK"]) if env.get("GREENROOM_CLOCK") else None,
        floor=Path(env["GREENROOM_FLOOR"]) if env.get("GREENROOM_FLOOR") else None,
        runner=runner,
        podman_runtime=env.get("GREENROOM_PODMAN_RUNTIME") or "crun",
        agent_image=_read(env, "GREENROOM_AGENT_IMAGE", _image, None if contained else ""),
        classes=_read(env, "GREENROOM_CLASSES", _classes, ",".join(_CLASSES)),
        job_uids=_read(env, "GREENROOM_JOB_UIDS", _uids, "210000-210999"),
        toolboxes=_read(env, "GREENROOM_TOOLBOXES", _toolboxes, ""),
        registries=_read(env, "GREENROOM_REGISTRIES", _registries, "*"),
        registry_auth=Path(env["GREENROOM_REGISTRY_AUTH"])
        if env.get("GREENROOM_REGISTRY_AUTH")
        else None,
        runtime=_read(env, "GREENROOM_RUNTIME", _runtime, "playbook"),
        runs_at_once=_read(env, "GREENROOM_RUNS_AT_ONCE", _positive, "4"),
        runs_per_repo=_read(env, "GREENROOM_RUNS_PER_REPO", _positive, "3"),
        providers=_providers(env) if Process.GATEWAY in needs else {},
        models=Path(env["GREENROOM_MODELS"]) if env.get("GREENROOM_MODELS") else None,
    )


VENDORS: Mapping[Provider, tuple[str, str, str]] = {
    "anthropic": ("ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL", "https://api.anthropic.com"),
    "openai": ("OPENAI_API_KEY", "OPENAI_BASE_URL", "https://api.openai.com/v1"),
    "gemini": (
        "GEMINI_API_KEY",
        "GEMINI_BASE_URL",
        "https://generativelanguage.googleapis.com",
    ),
}
"""Of each vendor the settings of its key and its address, and that address."""


def _providers(env: Mapping[str, str]) -> dict[Provider, Address]:
    """Return where models are: a vendor with a key, and the operator's own server."""
    found: dict[Provider, Address] = {}
    for provider, (key, base, default) in VENDORS.items():
        url = _read(env, base, _url, default)
        if env.get(key):
            found[provider] = Address(url=url, key=_read(env, key, _key, None))
    if env.get("OPENAI_COMPATIBLE_URL"):
        given = env.get("OPENAI_COMPATIBLE_KEY")
        own = _read(env, "OPENAI_COMPATIBLE_KEY", _key, None) if given else None
        url = _read(env, "OPENAI_COMPATIBLE_URL", _url, None)
        found["compatible"] = Address(url=url, key=own)
    return found


def _read(
    env: Mapping[str, str], name: str, convert: Callable[[str], T], default: str | None
) -> T:
    text = env.get(name) or default
    if text is None:
        raise Misconfigured(f"{name} is not set: {HINTS[name]}.")
    try:
        return convert(text)
    except ValueError:
        # The value is not repeated: it may be a secret in the wrong place.
        raise Misconfigured(f"{name} is wrong: {HINTS[name]}.") from None


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise ValueError
    return int(text)


def _port(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) < 65536:  # noqa: PLR2004 - TCP's own limit
        raise ValueError
    return int(text)


def _secrets(text: str) -> tuple[SecretStr, ...]:
    secrets = tuple(SecretStr(part.strip()) for part in text.split(",") if part.strip())
    if not secrets:
        raise ValueError
    return secrets


def _key(text: str) -> SecretStr:
    if not text.strip().isascii() or not text.strip().isprintable():
        raise ValueError
    return SecretStr(text.strip())


def _url(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError
    return text.rstrip("/")


_DRIVERS = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+asyncpg"}
_ALIASES = {"postgres": "postgresql"}


def _database(text: str) -> SecretStr:
    scheme, separator, rest = text.partition("://")
    driver = _DRIVERS.get(_ALIASES.get(scheme, scheme))
    # Without a path SQLite keeps everything in memory, for one connection alone.
    if driver is None or not separator or rest.strip("/") in {"", ":memory:"}:
        raise ValueError
    return SecretStr(f"{driver}://{rest}")


def _runtime(text: str) -> RuntimeName:
    """Read a runtime that needs no more than its name."""
    for name in PLAIN:
        if name == text:
            return name
    raise ValueError


def _runner(text: str) -> RunnerName:
    for name in _RUNNERS:
        if name == text:
            return name
    raise ValueError


def _image(text: str) -> str:
    if text and not _BY_DIGEST.fullmatch(text):
        raise ValueError
    return text


def _classes(text: str) -> frozenset[Class]:
    named = {part.strip() for part in text.split(",") if part.strip()}
    if not named or not named <= set(_CLASSES):
        raise ValueError
    return frozenset(each for each in _CLASSES if each in named)


def _uids(text: str) -> tuple[int, int]:
    first, _, last = text.partition("-")
    if not (first.isdecimal() and last.isdecimal() and 0 < int(first) <= int(last)):
        raise ValueError
    return int(first), int(last)


def _registries(text: str) -> Registries:
    return read_registries(part.strip() for part in text.split(",") if part.strip())


def _toolboxes(text: str) -> dict[str, Path]:
    pairs = [part.partition("=") for part in text.split(",") if part.strip()]
    if not all(name.strip() and Path(folder.strip()).is_absolute() for name, _, folder in pairs):
        raise ValueError
    return {name.strip(): Path(folder.strip()) for name, _, folder in pairs}
