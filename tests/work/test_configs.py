"""Which configuration is in force, asked of the embedded GitHub."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from pydantic import SecretStr

from bot.model.errors import Refused
from bot.model.events import TextWritten
from bot.model.ids import Login, Repo, Sha, UserId
from bot.model.runs import Person, Subject, Trigger
from bot.rules.repoconfig import Config, Layer, mistakes
from bot.store import layers
from bot.store.layers import LayerRow
from bot.work.configs import ABSENT, MOST_FILES, Configs, judged
from bot.work.context import Context
from bot.work.facts import FactSource
from tests.github.embedded import REPO, Embedded, control, embedded
from tests.github.scripted import Time
from tests.migrated import migrated, opened

CONFIG = ".github/greenroom.yml"
SHARED = Repo("octo/.github")
REPO_EMPTY = Repo("octo/empty")
ENFORCES = "version: 1\nenforce: [commands.prefix]\ncommands: {prefix: org}\n"
WRONG = "version: 1\ncomands: {}\n"


def prefixed(prefix: str) -> str:
    return f"version: 1\ncommands: {{prefix: {prefix}}}\n"


@dataclass(kw_only=True)
class Place:
    hub: Embedded
    context: Context
    configs: Configs
    time: Time

    async def config(self, repo: Repo = REPO, repo_id: int | None = None) -> Config:
        known = (
            repo_id or (await self.hub.github.at(self.hub.installation, repo).repository.get()).id
        )
        return await self.configs.of(self.hub.installation, repo, known)

    async def prefix(self) -> str:
        return (await self.config()).commands.prefix

    async def row(self, repo: Repo = REPO) -> LayerRow | None:
        async with self.context.store.read() as rows:
            return await layers.find(rows, repo)

    async def puts(self, text: str, path: str = CONFIG, mode: str = "100644") -> None:
        """Commit a file to the default branch, as ann."""
        head = await self.hub.octo.repository.head("main")
        entry = {"path": path, "mode": mode, "type": "blob", "content": text}
        acts = self.hub.acts
        tree = (await acts("POST /git/trees", base_tree=head, tree=[entry]))["sha"]
        made = await acts("POST /git/commits", message="Configure", tree=tree, parents=[head])
        await acts("PATCH /git/refs/heads/main", sha=made["sha"])

    async def makes(self, repo: Repo, files: Mapping[str, str]) -> None:
        """Make a repository of the organization."""
        owner, _, name = repo.partition("/")
        lines = {"owner": owner, "name": name, "files": dict(files)}
        await control(self.hub.http, self.hub.base, "POST /repositories", **lines)

    async def selects(self, *names: str) -> None:
        """Give the app some repositories only."""
        line = f"PUT /installations/{self.hub.installation}/repositories"
        await self.hub.control(line, repositories=list(names))

    def asked(self) -> list[str]:
        """Return the paths of what the app has asked so far."""
        lines = map(json.loads, self.hub.record.read_text().splitlines())
        return [each["path"] for each in lines if each.get("caller") in {"app", "installation"}]


@pytest.fixture
async def place(tmp_path: Path, unused_tcp_port: int) -> AsyncIterator[Place]:
    time = Time()
    url = SecretStr(f"sqlite+aiosqlite:///{tmp_path}/greenroom.db")
    await migrated(url)
    store = opened(url)
    nobody = f"http://127.0.0.1:{unused_tcp_port}/webhook"
    async with embedded(tmp_path / "hub", time, nobody) as hub:
        context = Context(
            store=store, github=hub.github, clock=time.clock, worker="w1", token=lambda: ""
        )
        yield Place(hub=hub, context=context, configs=Configs(context), time=time)
        assert hub.problems() == []
    await store.close()


async def test_without_files_the_defaults_are_in_force(place):
    config = await place.config()
    assert (config.commands.prefix, "tidy" in config.agents) == ("gr", True)


async def test_the_head_of_the_default_branch_is_in_force(place):
    await place.puts(prefixed("one"))
    assert await place.prefix() == "one"
    await place.puts(prefixed("two"))
    assert await place.prefix() == "two"


async def test_nothing_is_read_while_the_head_stays(place):
    await place.puts(prefixed("one"))
    before = await place.config()
    asked = len(place.asked())
    assert await place.config() is before
    later = [path for path in place.asked()[asked:] if "/git/" in path]
    assert later == [f"/repos/{REPO}/git/ref/heads%2Fmain"]


async def test_two_that_ask_at_once_have_files_read_once(place):
    await place.puts(prefixed("one"))
    repo_id = (await place.hub.octo.repository.get()).id
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(place.config(repo_id=repo_id)) for _ in range(5)]
    assert {task.result().commands.prefix for task in tasks} == {"one"}
    assert len([path for path in place.asked() if "/git/blobs/" in path]) == 1


async def test_with_mistakes_the_last_good_commit_stays_in_force(place):
    await place.puts(prefixed("one"))
    await place.prefix()
    await place.puts(WRONG)
    assert await place.prefix() == "one"
    row = await place.row()
    assert row.sha != row.good_sha
    assert [each.line for each in row.mistakes] == [2]
    await place.puts(prefixed("two"))
    assert await place.prefix() == "two"


async def test_a_first_commit_with_mistakes_counts_as_none(place):
    await place.puts(WRONG)
    assert await place.prefix() == "gr"


async def test_the_organization_is_heard_where_the_repository_says_nothing(place):
    await place.makes(SHARED, {CONFIG: prefixed("org")})
    assert await place.prefix() == "org"
    await place.puts(prefixed("own"))
    assert await place.prefix() == "own"


async def test_what_the_organization_enforces_holds_also_when_it_cannot_be_read_any_more(place):
    await place.makes(SHARED, {CONFIG: ENFORCES})
    await place.puts(prefixed("own"))
    assert await place.prefix() == "org"
    await place.selects("cat")
    config = await place.config()
    assert config.commands.prefix == "org"
    assert [each.path for each in config.overruled] == [CONFIG]


async def test_the_operators_floor_holds_where_no_organization_says_anything(place):
    floor = Layer(where="operator", files={CONFIG: ENFORCES})
    place.configs = Configs(place.context, floor)
    await place.puts(prefixed("own"))
    assert await place.prefix() == "org"


async def test_a_shared_repository_with_mistakes_leaves_the_floor_in_force(place):
    floor = Layer(where="operator", files={CONFIG: ENFORCES})
    place.configs = Configs(place.context, floor)
    await place.makes(SHARED, {CONFIG: WRONG})
    await place.puts(prefixed("own"))
    assert await place.prefix() == "org"


async def test_a_shared_repository_that_is_not_there_is_not_asked_for_until_it_shows(place):
    def mints() -> int:
        return len([path for path in place.asked() if path.endswith("/access_tokens")])

    await place.config()
    before = mints()
    await place.config()
    assert mints() == before
    await place.makes(SHARED, {CONFIG: prefixed("org")})
    assert await place.prefix() == "gr"
    head = await place.hub.github.at(place.hub.installation, SHARED).repository.head("main")
    await place.configs.at(place.hub.installation, SHARED, head)
    assert await place.prefix() == "org"


async def test_a_shared_repository_that_comes_later_is_seen_in_time(place):
    await place.config()
    await place.makes(SHARED, {CONFIG: prefixed("org")})
    place.time.now += ABSENT
    assert await place.prefix() == "org"


async def test_the_shared_repository_is_configured_by_itself_alone(place):
    await place.makes(SHARED, {CONFIG: prefixed("org")})
    assert (await place.config(SHARED)).commands.prefix == "org"


async def test_a_repository_that_took_anothers_name_starts_anew(place):
    theirs = Sha("a" * 40)
    row = LayerRow(repo=REPO, repo_id=1, sha=theirs, mistakes=(), good_sha=theirs)
    async with place.context.store.begin() as tx:
        await layers.keep(tx, row, {CONFIG: prefixed("theirs")}, now=0.0)
    await place.puts(WRONG)
    assert await place.prefix() == "gr"
    with pytest.raises(Refused, match="Another repository"):
        await place.config(repo_id=1)


async def test_a_repository_without_commits_has_no_files(place):
    await place.makes(REPO_EMPTY, {})
    assert (await place.config(REPO_EMPTY)).commands.prefix == "gr"


async def test_links_folders_and_other_files_do_not_configure(place):
    await place.puts("../../README.md", ".github/agents/link.md", mode="120000")
    await place.puts("version: 1\n", ".github/greenroom/deep/er.yml")
    await place.puts("name: ci\n", ".github/workflows/ci.yml")
    await place.puts("version: 1\n", ".github/greenroom/more.yml")
    head = await place.hub.octo.repository.head("main")
    layer = await place.configs.at(place.hub.installation, REPO, head)
    assert layer == Layer(where=REPO, files={".github/greenroom/more.yml": "version: 1\n"})


async def test_the_files_of_any_commit_can_be_judged(place):
    await place.puts(WRONG)
    wrong = await place.hub.octo.repository.head("main")
    await place.puts(prefixed("one"))
    layer = await place.configs.at(place.hub.installation, REPO, Sha(wrong))
    assert [each.line for each in judged(layer)] == [2]


async def test_what_a_commit_proposes_lies_over_the_organizations(place):
    await place.makes(SHARED, {CONFIG: ENFORCES + "validations: {lint: {run: a}}\n"})
    await place.puts("validations: {unit: {run: b}}\n" + prefixed("one"))
    head = await place.hub.octo.repository.head("main")
    await place.puts("{}")
    found = await place.configs.proposed(place.hub.installation, REPO, head)
    assert (set(found.validations), found.commands.prefix) == ({"lint", "unit"}, "org")
    assert set((await place.config()).validations) == {"lint"}


async def test_what_an_organizations_own_commit_proposes_is_for_all_of_it(place):
    await place.makes(SHARED, {CONFIG: ENFORCES})
    there = place.hub.github.at(place.hub.installation, SHARED)
    head = await there.repository.head("main")
    found = await place.configs.proposed(place.hub.installation, SHARED, head)
    assert found.enforced == ("commands.prefix",)


async def test_a_commit_with_mistakes_proposes_nothing(place):
    await place.puts(WRONG)
    head = await place.hub.octo.repository.head("main")
    assert await place.configs.proposed(place.hub.installation, REPO, head) is None


@dataclass
class Facts:
    proposed: Config | None


async def comments(place: Place, number: int, text: str) -> Config | None:
    """Return what is known when ann writes this in a pull request."""
    ann = Person(id=UserId(1), login=Login("ann"))
    event = TextWritten(
        installation=place.hub.installation,
        sender=ann,
        at=place.time.clock.now(),
        repo=REPO,
        repo_id=(await place.hub.octo.repository.get()).id,
        subject=Subject(repo=REPO, number=number, kind="pull"),
        title="",
        body="",
        author=ann,
        open=True,
        where=Trigger(kind="issue_comment", id=1),
        text=text,
        before=None,
        writer=ann,
    )
    return (await FactSource(place.context, place.configs, event).fetch(Facts)).proposed


async def test_a_pull_requests_own_configuration_is_read_for_those_who_validate_it(place):
    first = await place.hub.octo.repository.head("main")
    await place.puts("validations: {unit: {run: b}}\n")
    second = await place.hub.octo.repository.head("main")
    await place.hub.acts("POST /git/refs", ref="refs/heads/topic", sha=second)
    await place.hub.acts("PATCH /git/refs/heads/main", sha=first, force=True)
    pull = await place.hub.acts("POST /pulls", title="T", head="topic", base="main")
    found = await comments(place, pull["number"], "/gr validate")
    assert set(found.validations) == {"unit"}
    assert await comments(place, pull["number"], "/gr status") is None
    assert (await place.config()).validations == {}


async def test_a_file_that_is_too_long_is_not_fetched_and_is_a_mistake(place):
    await place.puts("#" * 300_000)
    head = await place.hub.octo.repository.head("main")
    layer = await place.configs.at(place.hub.installation, REPO, head)
    (found,) = judged(layer)
    assert "300000 bytes" in found.words
    assert not [path for path in place.asked() if "/git/blobs/" in path]


def test_too_many_files_are_one_mistake():
    few = {f".github/greenroom/{number:03}.yml": "" for number in range(MOST_FILES)}
    layer = Layer(where=REPO, files=few)
    assert judged(layer) == mistakes(layer)
    (found,) = judged(Layer(where=REPO, files={**few, ".github/greenroom/last.yml": ""}))
    assert found.words == "More than 50 files configure this repository."


def test_what_is_not_text_is_a_mistake_with_its_line():
    layer = Layer(where=REPO, files={".github/agents/fix.md": "---\n---\nFix \udcff it"})
    (found,) = judged(layer)
    assert (found.path, found.line) == (".github/agents/fix.md", 3)
