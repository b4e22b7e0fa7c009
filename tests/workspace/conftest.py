"""A repository on a server, and the workspace's parts over it."""

import pytest
from origins import FILE, LINK, REPO, Origin, run_git

from bot.workspace.git import Git
from bot.workspace.lowers import Lowers
from bot.workspace.mirror import Mirrors
from bot.workspace.quarantine import Quarantines


@pytest.fixture
def git():
    return Git(protocols="file:http")


@pytest.fixture
def origin(tmp_path):
    path = tmp_path / "origin.git"
    run_git(path, "init", "--quiet", "--bare", "--initial-branch=main")
    repository = Origin(path)
    repository.commit(
        {
            "README.md": (FILE, b"# Hall\n"),
            "src/hall.py": (FILE, b"print( 'hall' )\n"),
            "src/run.sh": ("100755", b"#!/bin/sh\n"),
            "link": (LINK, b"src/hall.py"),
            ".gitignore": (FILE, b"*.log\n"),
        }
    )
    return repository


@pytest.fixture
def base(origin):
    return origin.at("refs/heads/main")


@pytest.fixture
def mirrors(tmp_path, git):
    return Mirrors(tmp_path / "mirrors", git)


@pytest.fixture
async def mirror(mirrors, origin):
    await mirrors.fetch(REPO, origin.url, None)
    return mirrors.path(REPO)


@pytest.fixture
def lowers(tmp_path, mirrors, mirror, git):
    assert mirror.exists()
    return Lowers(tmp_path / "lowers", mirrors, git)


@pytest.fixture
def quarantines(tmp_path, git):
    return Quarantines(tmp_path / "quarantine", git)
