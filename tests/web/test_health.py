import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import text

from bot.web import health
from tests.web.conftest import Door


async def test_healthz_says_that_the_process_is_up(door: Door):
    answer = await door.ask("GET", "/healthz")
    assert (answer.status, answer.said) == (200, {"status": "up"})


async def test_readyz_says_that_the_database_answers(door: Door):
    answer = await door.ask("GET", "/readyz")
    assert (answer.status, answer.said) == (200, {"status": "ready"})


async def test_a_writer_at_work_does_not_make_the_app_unready(door: Door, database: Path):
    with closing(sqlite3.connect(database)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert (await door.ask("GET", "/readyz")).status == 200


async def test_the_app_is_not_ready_on_the_database_of_another_version(door: Door):
    async with door.store.begin() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    answer = await door.ask("GET", "/readyz")
    assert answer.status == 503
    assert "run `greenroom migrate`" in answer.said["error"]


async def test_a_database_that_hangs_is_asked_one_question_and_waited_for_briefly(
    door: Door, database: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(health, "PROMPT", 0.05)
    with closing(sqlite3.connect(database, isolation_level=None)) as other:
        other.execute("PRAGMA locking_mode=EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        answers = [await door.ask("GET", "/readyz") for _ in range(3)]
    assert {answer.status for answer in answers} == {503}
    assert "Retry-After" in answers[0].headers
    monkeypatch.setattr(health, "PROMPT", 10.0)
    assert (await door.ask("GET", "/readyz")).status == 200


@pytest.mark.parametrize(
    ("method", "path", "status", "allow"),
    [
        ("GET", "/webhook", 405, "POST"),
        ("PUT", "/webhook", 405, "POST"),
        ("POST", "/healthz", 405, "GET"),
        ("GET", "/", 404, None),
        ("POST", "/webhook/", 404, None),
        ("GET", "/../healthz/x", 404, None),
    ],
)
async def test_other_addresses_and_methods_are_refused(
    door: Door, method: str, path: str, status: int, allow: str | None
):
    answer = await door.ask(method, path)
    assert (answer.status, answer.headers.get("Allow")) == (status, allow)
    assert answer.said["error"].endswith(".")


def test_the_app_imports_little():
    heavy = "{'alembic', 'gidgethub', 'jwt', 'cryptography', 'ruamel', 'markdown_it', 'mcp'}"
    code = f"import sys, bot.web.app, bot.wiring.web; print(*{heavy} & set(sys.modules))"
    said = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert said.stdout.strip() == ""
