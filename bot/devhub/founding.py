"""What exists before anything happens: accounts, apps, installations, repositories."""

import asyncio
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from bot.devhub.api import labels
from bot.devhub.events import tell_installation
from bot.devhub.git import git, heads
from bot.devhub.hub import Hub
from bot.devhub.records import Account, App, Installation, Permissions, Repository
from bot.devhub.shapes import repositories as shapes

# https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/managing-private-keys-for-github-apps
_KEY_BITS = 2048
_EVERYTHING = ("+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*")


def account(
    hub: Hub,
    login: str,
    kind: Literal["User", "Organization", "Bot"],
    *,
    name: str | None = None,
    email: str | None = None,
) -> Account:
    """Return a new account."""
    return hub.add_account(
        Account(
            id=hub.next_id(),
            login=login,
            type=kind,
            created_at=hub.now(),
            name=name or login,
            email=email,
        )
    )


async def app(  # noqa: PLR0913 - the fields of GitHub's form for a new app
    hub: Hub,
    *,
    slug: str,
    owner: Account,
    hook_url: str,
    hook_secret: str,
    permissions: Permissions,
    events: tuple[str, ...],
) -> tuple[App, str]:
    """Register an app; return it and its private key as PEM, which is kept nowhere else."""
    key = await asyncio.to_thread(rsa.generate_private_key, 65537, _KEY_BITS)
    new = App(
        id=hub.next_id(),
        slug=slug,
        name=slug,
        client_id=f"Iv23{secrets.token_hex(8)}",
        owner=owner,
        bot=account(hub, f"{slug}[bot]", "Bot"),
        public_key=key.public_key(),
        hook_url=hook_url,
        hook_secret=hook_secret,
        permissions={"metadata": "read", **permissions},
        events=events,
        created_at=hub.now(),
    )
    hub.apps[new.id] = new
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
    return new, pem.decode()


def install(
    hub: Hub, app: App, on: Account, selected: set[int] | None, sender: Account
) -> Installation:
    """Install an app on all of an account's repositories, or on the selected ones."""
    new = Installation(
        id=hub.next_id(),
        app=app,
        account=on,
        permissions=dict(app.permissions),
        events=app.events,
        selected=selected,
        created_at=hub.now(),
        updated_at=hub.now(),
    )
    hub.installations[new.id] = new
    told = [shapes.brief(each) for each in hub.repositories_of(new)]
    payload = {"action": "created", "repositories": told, "requester": None}
    tell_installation(hub, new, "installation", payload, sender)
    return new


async def repository(
    hub: Hub, owner: Account, name: str, *, private: bool, description: str | None = None
) -> Repository:
    """Return a new, empty repository with GitHub's default labels."""
    number = hub.next_id()
    path = hub.home / "repositories" / owner.login / f"{name}.git"
    if path.exists():  # a repository that has another name by now
        path = path.with_name(f"{name}-{number}.git")
    path.parent.mkdir(parents=True, exist_ok=True)
    await git(path, "init", "--quiet", "--bare", "--initial-branch=main")
    now = hub.now()
    new = Repository(
        id=number,
        owner=owner,
        name=name,
        path=path,
        created_at=now,
        updated_at=now,
        pushed_at=now,
        private=private,
        description=description,
        labels=labels.defaults(hub),
    )
    hub.repositories[new.full_name.lower()] = new
    return new


async def fork(
    hub: Hub, parent: Repository, owner: Account, name: str, *, only: str | None = None
) -> Repository:
    """Return a copy of a repository with its branches and tags, or with one branch alone."""
    new = await repository(
        hub, owner, name, private=parent.private, description=parent.description
    )
    new.parent, new.signed, new.default_branch = parent, parent.signed, parent.default_branch
    parent.forks.append(new)
    wanted = _EVERYTHING if only is None else (f"+refs/heads/{only}:refs/heads/{only}",)
    await git(new.path, "fetch", "--quiet", "--no-tags", str(parent.path), *wanted)
    await git(new.path, "symbolic-ref", "HEAD", f"refs/heads/{new.default_branch}")
    return new


async def bring_in(repository: Repository, source: Path) -> None:
    """Copy the branches and tags of a git repository on this host."""
    await git(repository.path, "fetch", "--quiet", "--no-tags", str(source), *_EVERYTHING)
    told = (await git(repository.path, "ls-remote", "--symref", str(source), "HEAD")).decode()
    if told.startswith("ref: refs/heads/"):
        await _default(repository, told.split()[1].removeprefix("refs/heads/"))


async def write(repository: Repository, files: Mapping[str, str], now: float) -> None:
    """Make a first commit of some files on `main`."""
    parts = [
        b"commit refs/heads/main\n",
        f"committer devhub <devhub@localhost> {int(now)} +0000\n".encode(),
        b"data 13\nFirst commit\n\n",
    ]
    for path, text in files.items():
        data = text.encode()
        parts += [f"M 100644 inline {path}\ndata {len(data)}\n".encode(), data, b"\n"]
    await git(repository.path, "fast-import", "--quiet", given=b"".join(parts))


async def _default(repository: Repository, branch: str) -> None:
    if f"refs/heads/{branch}" in await heads(repository.path):
        repository.default_branch = branch
        await git(repository.path, "symbolic-ref", "HEAD", f"refs/heads/{branch}")
