"""Branches and tags as git refs.

https://docs.github.com/en/rest/git/refs
"""

import re

from bot.devhub import moves
from bot.devhub.api.branch_rules import check_move
from bot.devhub.api.calls import Call, Reply
from bot.devhub.api.pages import page
from bot.devhub.git import git, heads, is_ancestor
from bot.devhub.objects import kind
from bot.devhub.problems import Problem, not_found
from bot.devhub.shapes import commits as shapes

_MISSING = "Reference does not exist"


async def show(call: Call) -> Reply:
    """Return one ref."""
    name = f"refs/{call.params['ref']}"
    sha = (await heads(call.repository.path, name)).get(name)
    if sha is None:
        raise not_found()
    return Reply(body=shapes.ref(call.hub.base, call.repository, (name, sha)))


async def matching(call: Call) -> Reply:
    """Return every ref whose name begins so."""
    prefix = f"refs/{call.params['ref']}"
    known = await heads(call.repository.path, "refs")
    found = [(name, sha) for name, sha in known.items() if name.startswith(prefix)]
    return page(call, found, call.shaping(shapes.ref))


def _sha(call: Call) -> str:
    """Return the object that the body names.

    Raises:
        Problem: 422 for what is no object's whole name.
    """
    sha = call.text("sha")
    if not re.fullmatch("[0-9a-f]{40}", sha):
        words = "The sha parameter must be exactly 40 characters and contain only [0-9a-f]."
        raise Problem(422, words)
    return sha


async def create(call: Call) -> Reply:
    """Make a branch or a tag."""
    name, sha = call.text("ref"), _sha(call)
    path = call.repository.path
    if not name.startswith(("refs/heads/", "refs/tags/")):
        raise Problem(422, "Reference name must start with 'refs/' and have two slashes.")
    formed = await git(path, "check-ref-format", "--normalize", name, fine=(0, 1))
    if formed.decode().strip() != name:
        raise Problem(422, f"{name} is not a valid ref name.")
    if await kind(path, sha) is None:
        raise Problem(422, "Object does not exist")
    async with moves.watched(call.scene):
        if name in await heads(path):
            raise Problem(422, "Reference already exists")
        await check_move(call, name, moves.NOTHING, sha)
        await git(path, "update-ref", name, sha, moves.NOTHING)
    shape = shapes.ref(call.hub.base, call.repository, (name, sha))
    return Reply(body=shape, status=201)


async def update(call: Call) -> Reply:
    """Move a ref; backwards only with `force`."""
    name, sha = f"refs/{call.params['ref']}", _sha(call)
    path = call.repository.path
    if await kind(path, sha) != "commit":
        raise Problem(422, "Object does not exist")
    async with moves.watched(call.scene):
        old = (await heads(path)).get(name)
        if old is None:
            raise Problem(422, _MISSING)
        if call.body.get("force") is not True and not await is_ancestor(path, old, sha):
            raise Problem(422, "Update is not a fast forward")
        await check_move(call, name, old, sha)
        await git(path, "update-ref", name, sha, old)
    return Reply(body=shapes.ref(call.hub.base, call.repository, (name, sha)))


async def delete(call: Call) -> Reply:
    """Remove a ref."""
    name, path = f"refs/{call.params['ref']}", call.repository.path
    async with moves.watched(call.scene):
        if (old := (await heads(path)).get(name)) is None:
            raise Problem(422, _MISSING)
        await check_move(call, name, old, moves.NOTHING)
        await git(path, "update-ref", "-d", name)
    return Reply(status=204)
