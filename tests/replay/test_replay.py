"""`greenroom replay`, as somebody types it who wants to know why nothing happened."""

import asyncio
import hashlib
import json
import sqlite3
from pathlib import Path

import pytest

from bot.cli import main
from bot.model.ids import Repo, Sha
from bot.rules.repoconfig import Layer
from bot.store import layers
from bot.store.engine import open_store
from bot.store.layers import LayerRow
from bot.wiring.base import settings_for
from tests.input.payloads import payloads
from tests.migrated import migrated

REPO, REPO_ID = "octo/cat", 5
ANN = {"id": 1, "login": "ann", "type": "User"}
TIDY = {"id": 1, "name": "agent:tidy"}
BARE = "version: 1\ncommands: {bare: true}\n"


def at_octo(event: str, action: str, **changes) -> dict:
    """A recorded payload, as if it came from a repository where the app is installed."""
    found = next(
        each for name, each in payloads() if (name, each.get("action")) == (event, action)
    )
    repository = {**found["repository"], "full_name": REPO, "id": REPO_ID}
    home = {"repository": repository, "sender": ANN, "installation": {"id": 7}}
    return {**found, **home, **changes}


def said(text: str) -> dict:
    """A comment of Ann's."""
    found = at_octo("issue_comment", "created")
    comment = {**found["comment"], "user": ANN, "body": text}
    return {**found, "comment": comment}


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch) -> Path:
    """A machine where nothing is set but the data folder."""
    for name in ("DATABASE_URL", "GREENROOM_CLOCK", "GREENROOM_RUNTIME", "GREENROOM_FLOOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GREENROOM_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def replay(tmp_path: Path, capsys):
    """Replay a payload; returns the exit status and what was printed."""

    def run(payload: object, event: str, *words: str) -> tuple[int, str]:
        file = tmp_path / "payload.json"
        file.write_text(payload if isinstance(payload, str) else json.dumps(payload))
        status = main(["replay", str(file), "--event", event, *words])
        told = capsys.readouterr()
        return status, told.out + told.err

    return run


def test_a_label_is_followed_from_its_handler_to_the_job(replay):
    status, told = replay(at_octo("issues", "labeled", label=TIDY), "issues")
    assert status == 0
    lines = told.splitlines()
    assert lines[:2] == ["event     SubjectLabeled", "handler   handlers.labels.labeled"]
    assert "  decision  tidy allowed by the rule allowed, write" in lines
    assert any(line.startswith("  intent    StartRun") for line in lines)
    assert "assumed   actor: the sender's role is write (--role)" in lines
    built_in = "the built-in configuration (--against), runtime playbook (--runtime)"
    assert f"assumed   config: {built_in}" in lines
    (token,) = [line for line in lines if line.startswith("token")]
    assert "contents: write" in token
    assert "workflows" not in token
    (job,) = [line for line in lines if line.startswith("job")]
    assert "agent tidy, runtime " in job


def test_a_role_that_is_too_low_is_refused_with_its_rule(replay):
    payload = at_octo("issues", "labeled", label=TIDY)
    status, told = replay(payload, "issues", "--role", "read")
    assert status == 0
    assert "decision  tidy refused by the rule role, read: " in told
    assert "intent    Refuse " in told
    assert "StartRun" not in told
    assert "job " not in told
    assert "assumed   actor: the sender's role is read" in told


def test_a_comment_is_read_as_commands(replay):
    status, told = replay(said("Thanks!\n\n/gr help"), "issue_comment")
    assert status == 0
    assert "handler   handlers.commands" in told
    assert "intent    Reply " in told
    assert replay(said("> /gr help"), "issue_comment")[1].count("intent") == 0


def test_facts_from_a_file_are_not_assumed(replay, tmp_path):
    facts = tmp_path / "facts.json"
    actor = {"person": {"id": 1, "login": "ann", "bot": False}, "role": 1, "role_name": "read"}
    facts.write_text(json.dumps({"actor": actor, "still_holds": True}))
    payload = at_octo("issues", "labeled", label=TIDY)
    status, told = replay(payload, "issues", "--facts", str(facts))
    assert status == 0
    assert "tidy refused by the rule role" in told
    assert "assumed   actor" not in told
    assert "assumed   still_holds" not in told


def test_all_of_it_is_to_be_had_as_json(replay):
    status, told = replay(at_octo("issues", "labeled", label=TIDY), "issues", "--json")
    assert status == 0
    (each,) = [one for one in json.loads(told) if one["event"]["type"] == "SubjectLabeled"]
    intents = [one["type"] for one in each["handlers"]["handlers.labels.labeled"]]
    assert "StartRun" in intents
    assert each["jobs"]
    assert each["assumed"]["actor"] == "the sender's role is write (--role)"
    assert "contents: write" in each["token"]


def test_what_nothing_reacts_to_has_a_status_of_its_own(replay):
    bug = {"id": 2, "name": "bug"}
    payload = at_octo("issues", "labeled", label=bug)
    assert replay(payload, "issues") == (1, "Nothing here reacts to it.\n")
    status, told = replay({}, "ping")
    assert status == 1
    assert told.startswith("No ping event is read; those that are: check_run, ")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"action":', "is not JSON: Expecting value"),
        ("[" * 100_000, "is not JSON: "),
        ("[]", "is JSON, and no object."),
        ('{"action": "labeled"}', "not as documented"),
        ("\x00\x01", "is not JSON: "),
    ],
)
def test_a_broken_payload_is_told_in_one_line(replay, text, words):
    status, told = replay(text, "issues")
    assert status == 78
    assert words in told
    assert told.count("\n") == 1


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ('{"rain": true}', "no fact is named 'rain'; there are by_us, "),
        ('{"actor": 1}', "actor: Input should be a dictionary"),
        ('{"left_today": "many"}', "left_today: Input should be a valid integer"),
        ("[" * 100_000, "is not JSON: "),
    ],
)
def test_broken_facts_are_told_in_one_line(replay, tmp_path, facts, words):
    file = tmp_path / "facts.json"
    file.write_text(facts)
    payload = at_octo("issues", "labeled", label=TIDY)
    status, told = replay(payload, "issues", "--facts", str(file))
    assert status == 78
    assert words in told
    assert told.count("\n") == 1


def test_a_file_that_is_not_there_is_named(capsys, tmp_path):
    assert main(["replay", str(tmp_path / "none"), "--event", "issues"]) == 78
    assert "none cannot be read: No such file or directory." in capsys.readouterr().err


async def known(text: str) -> None:
    """Have a database know the configuration of the repository."""
    settings = settings_for()
    await migrated(settings.database_url)
    store = open_store(settings.database_url)
    sha = Sha("a" * 40)
    row = LayerRow(repo=Repo(REPO), repo_id=REPO_ID, sha=sha, mistakes=(), good_sha=sha)
    files = Layer(where=REPO, files={".github/greenroom.yml": text}).files
    async with store.begin() as tx:
        await layers.keep(tx, row, files, now=0.0)
    await store.close()


def fingerprint(home: Path) -> str:
    """Everything that is in the database, as one number."""
    with sqlite3.connect(home / "greenroom.db") as database:
        return hashlib.sha256("".join(database.iterdump()).encode()).hexdigest()


def test_what_is_recorded_of_a_repository_is_used_and_left_as_it_is(replay, home):
    asyncio.run(known(BARE))
    before = fingerprint(home)
    status, told = replay(said("/tidy"), "issue_comment", "--against", REPO)
    assert status == 0
    assert "intent    StartRun" in told
    assert "assumed   config" not in told
    assert fingerprint(home) == before
    assert replay(said("/tidy"), "issue_comment")[1].count("StartRun") == 0


def test_a_runtime_is_the_operators_or_the_one_that_is_given(replay, monkeypatch):
    fix = at_octo("issues", "labeled", label={"id": 2, "name": "agent:fix"})
    monkeypatch.setenv("GREENROOM_RUNTIME", "gemini")
    asyncio.run(known(BARE))
    assert "agent fix, runtime playbook" in replay(fix, "issues")[1]
    assert "agent fix, runtime gemini" in replay(fix, "issues", "--against", REPO)[1]
    told = replay(fix, "issues", "--against", REPO, "--runtime", "codex")[1]
    assert "agent fix, runtime codex" in told


def test_the_operators_floor_is_laid_below_what_is_recorded(replay, monkeypatch, tmp_path):
    floor = tmp_path / "floor.yml"
    floor.write_text("agents: {tidy: {enabled: false}}\nenforce: [agents.tidy]")
    monkeypatch.setenv("GREENROOM_FLOOR", str(floor))
    asyncio.run(known(BARE))
    payload = at_octo("issues", "labeled", label=TIDY)
    assert "StartRun" not in replay(payload, "issues", "--against", REPO)[1]
    assert "StartRun" in replay(payload, "issues")[1]


def test_a_repository_of_which_nothing_is_known_is_said_so(replay):
    asyncio.run(known(BARE))
    status, told = replay(said("/tidy"), "issue_comment", "--against", "octo/dog")
    assert status == 78
    assert told == "greenroom: --against octo/dog: nothing was asked for there yet.\n"


def test_a_database_without_tables_is_said_so(replay):
    status, told = replay(said("/tidy"), "issue_comment", "--against", REPO)
    assert status == 78
    assert "run `greenroom migrate`" in told
