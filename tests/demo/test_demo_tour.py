"""The place that the demo sets up, and one walk through it in a browser."""

import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Page, async_playwright, expect

from bot.demo import tally
from bot.demo.hub import Hub
from bot.demo.project import run
from bot.demo.tour import Tour
from tests.stories.project import UNTIDY
from tests.stories.world import World, world

CHROMIUM = shutil.which("chromium")
PATIENCE = 60_000
"""Milliseconds that a page may take on a busy machine; only what is broken does."""

# One place serves the whole file, and so does one event loop.
pytestmark = pytest.mark.asyncio(loop_scope="module")


@dataclass(frozen=True)
class Place:
    """A place as the demo sets it up, and what was told on the way."""

    world: World
    repo: str
    told: list[str]

    async def get(self, path: str) -> object:
        async with Hub(self.world.url, self.world.token) as hub:
            return await hub.get(f"/repos/{self.repo}/{path}")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def place(tmp_path_factory) -> AsyncIterator[Place]:
    root = tmp_path_factory.mktemp("demo")
    source = await _own_repository(root / "own")
    told: list[str] = []
    async with world(root, "web", "work", "gateway") as made:
        repo = await made.repository("own", source)
        await Tour(made, repo, told.append).prepare(("sh", "-c", "true && true"), root / "tools")
        yield Place(made, repo, told)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def page(place) -> AsyncIterator[Page]:
    if CHROMIUM is None:
        pytest.skip("chromium is not installed")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        page = await browser.new_page(base_url=place.world.url)
        page.set_default_timeout(PATIENCE)
        expect.set_options(timeout=PATIENCE)
        yield page
        expect.set_options(timeout=None)
        await browser.close()


async def _own_repository(folder: Path) -> Path:
    for path, text in {**UNTIDY, "README.md": "# Own\n\nMore.\n"}.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    git = ("git", "-C", str(folder), "-c", "user.name=Ann", "-c", "user.email=ann@localhost")
    for words in (["init", "-b", "trunk"], ["add", "."], ["commit", "-m", "All"]):
        assert await run(*git, *words) == 0
    return folder


async def test_there_is_something_to_try_for_everybody(place):
    issues = {each["title"]: each for each in await place.get("issues")}
    assert list(issues) == [
        "Say thanks",
        "The first line says too little",
        "Format and lint the code",
    ]
    fix = issues["The first line says too little"]
    assert fix["user"]["login"] == "stranger"
    assert "-# Own\n+# Own (seen by an agent)\n \n More." in fix["body"]
    (pull,) = await place.get("pulls")
    assert (pull["head"]["label"], pull["base"]["ref"]) == ("contributor:say-thanks", "trunk")
    labels = {each["name"] for each in await place.get("labels")}
    assert {"agent:tidy", "agent:fix"} <= labels


async def test_there_is_an_issue_whose_change_breaks_a_test(place):
    at = f"{place.world.url}/acme/{tally.NAME}/issues/1"
    assert f"the inner loop: put {tally.LABEL} on {at}" in place.told
    async with Hub(place.world.url, place.world.token) as hub:
        issue = await hub.get(f"/repos/acme/{tally.NAME}/issues/1")
    assert (issue["title"], issue["user"]["login"]) == (tally.TITLE, "maintainer")
    assert f"If `{tally.BROKEN}` fails:\n\n```diff\n" in issue["body"]


async def test_what_is_set_up_is_told_in_words_that_can_be_copied(place):
    assert "acme/.github says that commands work without the prefix" in place.told
    assert "a small CI runs `sh -c 'true && true'` on every push" in place.told


async def test_a_maintainer_writes_tidy_and_sees_the_pull_request(place, page):
    await page.goto(f"/{place.repo}/issues")
    await page.get_by_role("link", name="Format and lint the code").click()
    await _says(page, "maintainer", "/tidy")
    comment = page.get_by_role("article").filter(has_text="maintainer asked for tidy")
    await expect(comment).to_contain_text("opened #")
    await comment.get_by_role("link", name="#").first.click()
    await expect(page.get_by_role("main")).to_contain_text("greenroom[bot] bot wants to merge")
    await expect(page.get_by_role("link", name="greenroom / tidy")).to_be_visible()
    await expect(page.get_by_role("link", name="ci / test")).to_be_visible()


async def test_a_stranger_is_told_why_not(place, page):
    await page.goto(f"/{place.repo}/issues/2")
    await page.get_by_role("button", name="stranger").click()
    await _says(page, "stranger", "/tidy")
    answer = page.get_by_role("article").filter(has_text="stranger, this was not done")
    await expect(answer).to_contain_text("tidy needs write access to this repository")


@pytest.mark.full
async def test_a_maintainer_puts_the_label_on_and_sees_which_test_broke_and_what_holds(page):
    await page.goto(f"/acme/{tally.NAME}/issues/1")
    await page.get_by_role("button", name="maintainer").click()
    await page.get_by_label("Change labels").click()
    await page.get_by_role("button", name=tally.LABEL).click()
    comment = page.get_by_role("article").filter(has_text="maintainer asked for fix")
    await expect(comment).to_contain_text("opened #2")
    await page.goto(f"/acme/{tally.NAME}/pull/2")
    await page.get_by_role("link", name="greenroom / fix").click()
    row = page.get_by_role("row").filter(has_text="failed, 3 tests ran")
    await expect(row).to_contain_text(tally.BROKEN)
    await page.get_by_text("When each was asked for").click()
    await expect(page.get_by_text("unit █")).to_be_visible()
    await expect(page.get_by_text("For exactly the tree of this head")).to_be_visible()


async def _says(page: Page, login: str, words: str) -> None:
    await page.get_by_label(f"Write a comment as {login}").fill(words)
    await page.get_by_role("button", name="Comment", exact=True).click()
