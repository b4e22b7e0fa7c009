import asyncio
from pathlib import Path

import pytest
from aiohttp import web
from origins import FILE, Origin, run_git
from pydantic import SecretStr

from bot.githttp import serve
from bot.model.errors import Refused, Unavailable
from bot.model.ids import RunId
from bot.rules.delivering import moved, taken
from bot.workspace.deliver import Target, push

BRANCH = "greenroom/tidy/7-clean-up"
REF = f"refs/heads/{BRANCH}"
TOKEN = SecretStr("ghs_canarycanarycanary")


@pytest.fixture
async def quarantine(quarantines, mirror, base):
    return Origin(await quarantines.open(RunId("01RUN"), mirror, base))


@pytest.fixture
def ours(quarantine, base):
    return quarantine.commit({"new": (FILE, b"x")}, ref="refs/heads/ours", parent=base)


@pytest.fixture
def pushed(quarantine, origin, git):
    async def push_it(sha, *, url=None, token=None, branch=BRANCH, onto=None):
        target = Target(url=url or origin.url, branch=branch, onto=onto)
        await push(quarantine.path, sha, target, token, git)

    return push_it


@pytest.fixture
async def server():
    """Serve a handler on loopback; the test sets it."""
    handlers = []

    async def handle(request):
        return await handlers[-1](request)

    runner = web.ServerRunner(web.Server(handle, auto_decompress=False))
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    handlers.append(None)
    yield handlers, f"http://127.0.0.1:{runner.addresses[0][1]}/octo/hall.git"
    await runner.cleanup()


async def test_a_branch_is_created_and_pushing_again_changes_nothing(pushed, origin, ours):
    await pushed(ours)
    await pushed(ours)
    assert origin.at(REF) == ours


async def test_a_branch_that_somebody_else_made_is_left_alone(pushed, origin, base, ours):
    theirs = origin.commit({"t": (FILE, b"z")}, ref=REF, parent=base)
    with pytest.raises(Refused) as raised:
        await pushed(ours)
    assert (raised.value.reason, raised.value.words) == ("branch_moved", taken(BRANCH))
    assert origin.at(REF) == theirs


async def test_a_branch_that_somebody_pushed_to_meanwhile_is_left_alone(pushed, origin, ours):
    await pushed(ours)
    theirs = origin.commit({"t": (FILE, b"z")}, ref=REF)
    with pytest.raises(Refused) as raised:
        await pushed(ours)
    assert raised.value.reason == "branch_moved"
    assert origin.at(REF) == theirs


async def test_a_branch_that_is_there_never_moves(pushed, origin, quarantine, base, ours):
    await pushed(ours)
    aside = quarantine.commit({"two": (FILE, b"y")}, ref="refs/heads/aside", parent=base)
    later = quarantine.commit({"two": (FILE, b"y")}, ref="refs/heads/later", parent=ours)
    for sha in (base, aside, later):
        with pytest.raises(Refused):
            await pushed(sha)
    assert origin.at(REF) == ours


async def test_a_branch_of_a_person_is_moved_on_and_pushing_again_changes_nothing(
    pushed, origin, base, ours
):
    origin.commit({}, ref=REF, parent=base)
    theirs = origin.at(REF)
    with pytest.raises(Refused, match="is not based on"):
        await pushed(ours, onto=theirs)
    run_git(origin.path, "update-ref", REF, base)
    await pushed(ours, onto=base)
    await pushed(ours, onto=base)
    assert origin.at(REF) == ours


async def test_a_branch_that_moved_on_meanwhile_is_left_alone(pushed, origin, base, ours):
    theirs = origin.commit({"t": (FILE, b"z")}, ref=REF, parent=base)
    with pytest.raises(Refused) as raised:
        await pushed(ours, onto=base)
    assert raised.value.words == moved(BRANCH)
    assert origin.at(REF) == theirs


async def test_a_branch_that_is_gone_is_not_made_again(pushed, origin, base, ours):
    with pytest.raises(Refused) as raised:
        await pushed(ours, onto=base)
    assert raised.value.reason == "branch_moved"
    assert origin.at(REF) is None


@pytest.mark.parametrize("branch", ["a..b", "x y", "a:b", "", "x.lock", "a\nb", "a^", "@{u}"])
async def test_a_name_that_no_branch_can_have_is_refused(pushed, ours, branch):
    with pytest.raises(Refused) as raised:
        await pushed(ours, branch=branch)
    assert raised.value.reason == "branch_name"


@pytest.mark.parametrize("branch", ["-d", "+a", "--delete"])
async def test_a_name_that_looks_like_an_option_is_a_name(pushed, origin, base, ours, branch):
    await pushed(ours, branch=branch)
    assert origin.at(f"refs/heads/{branch}") == ours
    assert origin.at("refs/heads/main") == base


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ("error: GH013: Repository rule violations found for refs/heads/x.", "ruleset"),
        (
            "error: GH013: Rule violations\n- GITHUB PUSH PROTECTION\n- Push cannot",
            "push_protection",
        ),
        ("error: GH006: Protected branch update failed for refs/heads/x.", "protected_branch"),
        ("error: GH001: Large files detected.", "too_large"),
        ("refusing to allow a GitHub App without `workflows` permission", "workflows"),
        ("no", "push_refused"),
    ],
)
async def test_a_refusal_comes_back_in_the_servers_words(pushed, origin, ours, words, reason):
    hook = origin.path / "hooks" / "pre-receive"
    hook.write_text(f"#!/bin/sh\ncat >&2 <<'END'\n{words}\x1b[31m\nEND\nexit 1\n")
    hook.chmod(0o755)
    with pytest.raises(Refused) as raised:
        await pushed(ours)
    assert raised.value.reason == reason
    assert words in raised.value.words
    assert "\x1b" not in raised.value.words
    assert "remote:" not in raised.value.words


@pytest.mark.parametrize(
    ("status", "kind"),
    [(401, Unavailable), (403, Refused), (404, Refused), (429, Unavailable), (503, Unavailable)],
)
async def test_an_answer_of_http_is_told_apart(pushed, server, ours, status, kind):
    handlers, url = server

    async def answer(_request):
        headers = {"WWW-Authenticate": "Basic"} if status == 401 else {}
        return web.Response(status=status, headers=headers)

    handlers.append(answer)
    with pytest.raises(kind) as raised:
        await pushed(ours, url=url, token=TOKEN)
    assert TOKEN.get_secret_value() not in str(raised.value)


async def test_a_push_without_an_answer_may_have_arrived(pushed, server, ours):
    handlers, url = server

    async def hang_up(request):
        request.transport.abort()

    handlers.append(hang_up)
    with pytest.raises(Unavailable) as raised:
        await pushed(ours, url=url)
    assert raised.value.sent


async def test_the_token_is_shown_to_the_server_and_to_nobody_on_this_machine(
    pushed, server, origin, ours
):
    handlers, url = server
    seen = []

    async def receive(request):
        seen.append((request.headers["Authorization"], await asyncio.to_thread(processes)))
        path = request.path.removeprefix("/octo/hall.git/")
        return await serve(request, origin.path, path, services=["git-receive-pack"])

    handlers.append(receive)
    await pushed(ours, url=url, token=TOKEN)
    assert origin.at(REF) == ours
    assert len(seen) >= 2
    for authorization, said in seen:
        assert authorization == "Basic eC1hY2Nlc3MtdG9rZW46Z2hzX2NhbmFyeWNhbmFyeWNhbmFyeQ=="
        assert b"push\0" in said
        assert TOKEN.get_secret_value().encode() not in said
        assert authorization.removeprefix("Basic ").encode() not in said


def processes() -> bytes:
    """Return the command line and the environment of every process."""
    files = [
        file for name in ("cmdline", "environ") for file in Path("/proc").glob(f"[0-9]*/{name}")
    ]
    said = []
    for file in files:
        try:
            said.append(file.read_bytes())
        except OSError:
            continue
    return b"\n".join(said)


async def test_only_the_apps_commit_is_pushed_and_no_other_ref(pushed, origin, quarantine, ours):
    quarantine.commit({"other": (FILE, b"x")}, ref="refs/heads/result")
    before = run_git(origin.path, "for-each-ref", "--format=%(refname)").splitlines()
    await pushed(ours)
    after = run_git(origin.path, "for-each-ref", "--format=%(refname)").splitlines()
    assert sorted(after) == sorted([*before, REF])
