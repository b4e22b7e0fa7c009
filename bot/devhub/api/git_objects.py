"""Blobs, trees and commits made one by one.

https://docs.github.com/en/rest/git
"""

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from bot.devhub import objects, writing
from bot.devhub.api.branch_rules import check_text
from bot.devhub.api.calls import Call, Reply
from bot.devhub.git import GitFailed
from bot.devhub.problems import Problem, invalid, not_supplied, wrong_type
from bot.devhub.shapes import commits as shapes
from bot.devhub.shapes.repositories import api_url
from bot.devhub.timestamps import parsed

_MODES = frozenset({"100644", "100755", "040000", "160000", "120000"})


async def create_blob(call: Call) -> Reply:
    """Write a blob from text or from base64."""
    encoding = call.maybe_text("encoding") or "utf-8"
    if encoding not in {"utf-8", "base64"}:
        raise wrong_type("encoding", encoding, "utf-8 or base64")
    text = call.text("content")
    data = decoded(text) if encoding == "base64" else text.encode()
    check_text(call, data)
    sha = await writing.blob(call.repository, data)
    url = f"{api_url(call.hub.base, call.repository)}/git/blobs/{sha}"
    return Reply(body={"sha": sha, "url": url}, status=201)


def decoded(text: str) -> bytes:
    """Return what base64 stands for; line breaks are fine.

    Raises:
        Problem: 422 when it is none.
    """
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except binascii.Error as error:
        raise Problem(422, "content is not valid Base64") from error


async def create_tree(call: Call) -> Reply:
    """Write a tree, from nothing or on top of `base_tree`."""
    given, base = call.body.get("tree"), call.maybe_text("base_tree")
    if not isinstance(given, list):
        raise not_supplied("tree")
    entries = [await _entry(call, each) for each in given]
    if base is not None and await objects.kind(call.repository.path, base) not in _TREEISH:
        raise Problem(404, "Tree not found")
    try:
        sha = await writing.tree(call.repository, base, entries)
    except GitFailed as error:
        raise Problem(422, "GitRPC::BadObjectState") from error
    listed = await objects.tree(call.repository.path, sha)
    return Reply(body=shapes.tree(call.hub.base, call.repository, sha, listed), status=201)


_TREEISH = frozenset({"tree", "commit"})


async def _entry(call: Call, given: Mapping[str, Any]) -> writing.Entry:
    """Return one entry: an object that is there, a new file's text, or a path that goes.

    "If the value is null then the file will be deleted."
    https://docs.github.com/en/rest/git/trees#create-a-tree
    """
    path, mode = given.get("path"), given.get("mode", "100644")
    if not isinstance(path, str) or not writing.well_formed(path):
        raise Problem(422, "tree.path contains a malformed path component")
    if mode not in _MODES:
        raise Problem(422, "Must supply a valid tree.mode")
    if ("sha" in given) == ("content" in given):
        raise Problem(422, "Must supply either tree.sha or tree.content and not both.")
    if "content" in given:
        sha = await writing.blob(call.repository, str(given["content"]).encode())
        return writing.Entry(path=path, mode=mode, sha=sha)
    named = given["sha"]
    gone = mode != "160000" and await objects.kind(call.repository.path, str(named)) is None
    if named is not None and gone:
        raise Problem(422, f"tree.sha {named} is not a valid object")
    return writing.Entry(path=path, mode=mode, sha=named)


async def create_commit(call: Call) -> Reply:
    """Write a commit; GitHub signs what an app commits without naming anybody."""
    message, tree, parents = call.text("message"), call.text("tree"), call.texts("parents")
    for sha, kind in ((tree, "tree"), *((each, "commit") for each in parents)):
        if await objects.kind(call.repository.path, sha) != kind:
            raise Problem(422, f"{kind.capitalize()} SHA does not exist: {sha}")
    author, committer, signed = signatures(call)
    sha = await writing.commit(
        call.repository, tree, parents, message, author=author, committer=committer, signed=signed
    )
    made = await objects.commit(call.repository.path, sha)
    return Reply(body=shapes.git_commit(call.hub.base, call.repository, made), status=201)


def signatures(call: Call) -> tuple[writing.Signature, writing.Signature, bool]:
    """Return author, committer, and whether GitHub signs for them.

    "Signature verification for bots will only work if the request is verified and
    authenticated as the GitHub App or bot and contains no custom author information, custom
    committer information, and no custom signature information, such as Commits API."
    """
    now, given = call.hub.now(), call.body
    signed = call.app is not None and not {"author", "committer"} & given.keys()
    myself = writing.of(call.actor, now)
    if signed:
        name, email = writing.GITHUB
        return myself, writing.Signature(name=name, email=email, at=now), True
    author = _named(given["author"], now) if given.get("author") else None
    committer = _named(given["committer"], now) if given.get("committer") else None
    return author or committer or myself, committer or author or myself, False


def _named(given: Mapping[str, Any], now: float) -> writing.Signature:
    for field in ("name", "email"):
        if not isinstance(given.get(field), str) or not given[field].strip():
            raise not_supplied(field)
        if set(given[field]) & set("<>\n"):
            raise invalid("Commit", field)
    try:
        at = parsed(given["date"]) if given.get("date") else now
    except ValueError as error:
        raise invalid("Commit", "date") from error
    return writing.Signature(name=given["name"], email=given["email"], at=at)
