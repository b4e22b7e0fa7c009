"""The pages in a real browser: headless Chromium, as Debian has it.

Whatever a browser complains of, an error of a script or something that the
Content-Security-Policy forbids, fails the test in which it was said.
"""

import re
import shutil
from collections.abc import AsyncIterator
from itertools import pairwise
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, async_playwright, expect

from tests.devhub.stage import REPO
from tests.pages.browsing import PEOPLE, Town, town

CHROMIUM = shutil.which("chromium")
PATIENCE = 60_000
"""Milliseconds that a page may take on a busy machine; only what is broken does."""

# One browser serves the whole file, and so does one event loop.
pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed"),
]


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        expect.set_options(timeout=PATIENCE)
        yield browser
        expect.set_options(timeout=None)
        await browser.close()


class Desk:
    """Browser windows of people, and what their consoles said."""

    def __init__(self, browser: Browser, base: str) -> None:
        self._browser = browser
        self._base = base
        self._open: list[BrowserContext] = []
        self.complaints: list[str] = []

    async def of(self, login: str, path: str, *, scripts: bool = True) -> Page:
        """Open a page as a person."""
        context = await self._browser.new_context(
            base_url=self._base, java_script_enabled=scripts, color_scheme="light"
        )
        self._open.append(context)
        await context.add_cookies([{"name": "act-as", "value": login, "url": self._base}])
        page = await context.new_page()
        page.set_default_timeout(PATIENCE)
        page.on("console", lambda said: said.type == "error" and self._note(said.text))
        page.on("pageerror", lambda error: self._note(str(error)))
        await page.goto(path)
        return page

    def _note(self, words: str) -> None:
        # A refused form is answered 422, which the browser writes into its console.
        if "status of 4" not in words:
            self.complaints.append(words)

    async def close(self) -> None:
        for context in self._open:
            await context.close()


@pytest_asyncio.fixture(loop_scope="module")
async def place(tmp_path: Path) -> AsyncIterator[Town]:
    async with town(tmp_path) as place:
        yield place


@pytest_asyncio.fixture(loop_scope="module")
async def desk(place, browser) -> AsyncIterator[Desk]:
    desk = Desk(browser, place.stage.hub.base)
    yield desk
    await desk.close()
    assert desk.complaints == []


@pytest.fixture
def issue(place):
    return f"/acme/demo/issues/{place.issue}"


async def listening(page: Page) -> None:
    """Wait until the page hears of changes."""
    await page.wait_for_function("() => stream?.readyState === EventSource.OPEN")


async def test_a_label_appears_in_another_window_by_itself(place, desk, issue):
    watching = await desk.of("stranger", issue)
    working = await desk.of("maintainer", issue)
    await listening(watching)
    await working.get_by_label("Change labels").click()
    await working.get_by_role("button", name="bug", exact=True).click()
    labels = watching.locator("#the-labels")
    await expect(labels).to_contain_text("bug")
    await expect(watching.get_by_role("main")).to_contain_text("maintainer added bug")
    await expect(watching.get_by_role("status")).to_contain_text("label bug")
    await place.stage.did(
        f"DELETE {REPO}/issues/{place.issue}/labels/bug", place.stage.tokens["maintainer"]
    )
    await expect(labels).to_have_text("None yet")


async def test_every_change_is_seen_without_asking(place, desk, issue):
    page = await desk.of("stranger", issue)
    await listening(page)
    for number in range(5):
        body = {"body": f"comment {number}"}
        await place.stage.did(f"POST {REPO}/issues/{place.issue}/comments", place.app, body)
        await expect(page.get_by_role("main")).to_contain_text(f"comment {number}")


async def test_a_half_written_comment_survives_what_others_do(place, desk, issue):
    page = await desk.of("contributor", issue)
    await listening(page)
    box = page.get_by_label("Write a comment as contributor")
    await box.press_sequentially("/gr fi")
    await box.press("ArrowLeft")
    place_before = await page.evaluate("scrollY")
    await place.stage.did(
        f"POST {REPO}/issues/{place.issue}/comments", place.app, {"body": "Meanwhile"}
    )
    await expect(page.get_by_role("article").filter(has_text="Meanwhile")).to_be_visible()
    await expect(box).to_be_focused()
    await expect(box).to_have_value("/gr fi")
    assert await box.evaluate("box => box.selectionStart") == 5
    assert await page.evaluate("scrollY") == place_before


async def test_a_menu_stays_open_while_the_page_changes(place, desk, issue):
    page = await desk.of("maintainer", issue)
    await listening(page)
    await page.get_by_label("Change labels").click()
    await page.get_by_label("Another label").fill("agent:")
    body = {"body": "Meanwhile"}
    await place.stage.did(f"POST {REPO}/issues/{place.issue}/comments", place.app, body)
    await expect(page.get_by_role("article").filter(has_text="Meanwhile")).to_be_visible()
    await expect(page.get_by_label("Another label")).to_have_value("agent:")
    await page.keyboard.press("Escape")
    await expect(page.get_by_label("Another label")).to_be_hidden()


async def test_a_check_is_followed_from_its_start_to_its_end(place, desk):
    page = await desk.of("stranger", f"/acme/demo/pull/{place.pull}")
    await listening(page)
    new = {"name": "unit", "head_sha": place.head, "status": "in_progress"}
    run = await place.stage.did(f"POST {REPO}/check-runs", place.app, new)
    row = page.get_by_role("listitem").filter(has=page.get_by_role("link", name="unit"))
    await expect(row.get_by_role("img", name="in progress")).to_be_visible()
    path = f"PATCH {REPO}/check-runs/{run['id']}"
    halfway = {"output": {"title": "2 of 3", "summary": "x"}}
    await place.stage.did(path, place.app, halfway)
    await expect(row).to_contain_text("2 of 3")
    await place.stage.did(path, place.app, {"conclusion": "failure"})
    await expect(row.get_by_role("img", name="failed")).to_be_visible()
    await expect(page.get_by_role("status")).to_contain_text("unit: failed")


async def test_a_comment_is_written_with_the_keyboard_alone(desk, issue):
    page = await desk.of("contributor", issue)
    await reached(page, "textarea", "Write a comment as contributor")
    await page.keyboard.type("Please")
    await reached(page, "button", "Comment")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("article").filter(has_text="Please")).to_be_visible()
    await expect(page.get_by_label("Write a comment as contributor")).to_have_value("")
    await reached(page, "textarea", "Write a comment as contributor", back=True)
    await page.keyboard.type("And thanks")
    await page.keyboard.press("Control+Enter")
    await expect(page.get_by_role("article").filter(has_text="And thanks")).to_be_visible()


async def test_a_label_is_put_on_with_the_keyboard_alone(desk, issue):
    page = await desk.of("maintainer", issue)
    await reached(page, "summary", "Change labels")
    await page.keyboard.press("Enter")
    await reached(page, "button", "bug")
    await page.keyboard.press("Enter")
    await expect(page.locator("#the-labels")).to_contain_text("bug")
    pressed = page.get_by_role("button", name="bug", exact=True)
    await expect(pressed).to_have_attribute("aria-pressed", "true")
    await expect(pressed).to_be_focused()


async def reached(page: Page, tag: str, name: str, *, back: bool = False) -> None:
    """Press Tab until the focus is on the control of that name; see that one can tell."""
    wanted = """([tag, name]) => {
      const at = document.activeElement;
      const said = at.ariaLabel || at.labels?.[0]?.innerText || at.innerText || "";
      const inner = at.querySelector?.("[aria-label]")?.getAttribute("aria-label") || "";
      return at.localName === tag && (said.trim() === name || inner === name);
    }"""
    for _ in range(60):
        await page.keyboard.press("Shift+Tab" if back else "Tab")
        if await page.evaluate(wanted, [tag, name]):
            style = "getComputedStyle(document.activeElement).outlineStyle"
            assert await page.evaluate(style) != "none"
            return
    pytest.fail(f"the keyboard does not reach {name}")


async def test_the_first_tab_skips_to_the_content(desk, issue):
    page = await desk.of("maintainer", issue)
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    assert await page.evaluate("document.activeElement.id") == "main"


CONTROLS = "a[href], button, input:not([type=hidden]), select, textarea, summary"

NAMELESS = """controls => controls.filter(each => {
  const label = each.labels?.[0]?.textContent || each.getAttribute("aria-label") || "";
  const by = each.getAttribute("aria-labelledby");
  const inner = [...each.querySelectorAll("[aria-label]")].map(at => at.ariaLabel).join("");
  const own = ["INPUT", "TEXTAREA", "SELECT"].includes(each.nodeName) ? "" : each.textContent;
  return !(label + own + inner + (by ? document.getElementById(by).textContent : "")).trim();
}).map(each => each.outerHTML)"""


async def test_every_control_has_a_name_and_headings_are_in_order(place, desk, issue):
    body = {"event": "COMMENT", "body": "Hm"}
    body["comments"] = [{"path": "src/a.py", "line": 6, "body": "Why?"}]
    path = f"POST {REPO}/pulls/{place.pull}/reviews"
    await place.stage.did(path, place.stage.tokens["maintainer"], body)
    pull, run = f"/acme/demo/pull/{place.pull}", f"/acme/demo/runs/{place.run}"
    page = await desk.of("maintainer", "/")
    places = ["/", "/acme/demo", "/acme/demo/issues", "/acme/demo/issues/new", issue, pull, run]
    places += [f"{pull}/files?path=src/a.py&side=RIGHT&line=5", f"{pull}/checks"]
    places += ["/acme/demo/compare/main...tidy", "/acme/demo/branches"]
    places += ["/acme/demo/edit/main/src/a.py", "/acme/demo/settings/installations"]
    for where in places:
        await page.goto(where)
        assert await page.locator(CONTROLS).evaluate_all(NAMELESS) == [], where
        ids = await page.locator("[id]").evaluate_all("all => all.map(each => each.id)")
        assert len(ids) == len(set(ids)), where
        levels = await page.locator("h1, h2, h3, h4, h5, h6").evaluate_all(
            "all => all.map(each => Number(each.localName[1]))"
        )
        assert levels[0] == 1, where
        assert all(below - above <= 1 for above, below in pairwise(levels))
        await expect(page.get_by_role("main")).to_have_count(1)
        await expect(page.get_by_role("banner")).to_have_count(1)


@pytest.mark.parametrize("width", [360, 1280])
async def test_no_page_is_wider_than_its_window(place, desk, issue, width):
    page = await desk.of("maintainer", "/")
    await page.set_viewport_size({"width": width, "height": 800})
    pull = f"/acme/demo/pull/{place.pull}"
    for where in ("/", "/acme/demo", issue, pull, f"{pull}/files", f"/acme/demo/runs/{place.run}"):
        await page.goto(where)
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), where


async def test_one_acts_as_somebody_else_with_one_press(desk, issue):
    page = await desk.of("maintainer", issue)
    for login in PEOPLE[1:]:
        await page.get_by_role("button", name=re.compile(f"{login} ")).click()
        await expect(page.get_by_label(f"Write a comment as {login}")).to_be_visible()
    await expect(page.get_by_label("Change labels")).to_have_count(0)


async def test_a_refusal_is_seen_and_nothing_is_lost(place, desk, issue):
    page = await desk.of("contributor", issue)
    await listening(page)
    box = page.get_by_label("Write a comment as contributor")
    await box.fill("x" * 70_000)
    await page.get_by_role("button", name="Comment", exact=True).click()
    alert = page.get_by_role("alert")
    await expect(alert).to_contain_text("body is too long (maximum is 65536 characters)")
    body = {"body": "Meanwhile"}
    await place.stage.did(f"POST {REPO}/issues/{place.issue}/comments", place.app, body)
    await expect(page.get_by_role("article").filter(has_text="Meanwhile")).to_be_visible()
    await expect(alert).to_contain_text("too long")
    assert len(await box.input_value()) == 70_000
    await box.fill("short")
    await page.get_by_role("button", name="Comment", exact=True).click()
    await expect(alert).to_be_empty()


async def test_a_line_is_commented_on_and_the_pull_request_merged(place, desk):
    page = await desk.of("maintainer", f"/acme/demo/pull/{place.pull}/files")
    await page.get_by_role("link", name="Comment on line 6 of src/a.py").last.click()
    await page.get_by_label("Comment on line 6", exact=True).fill("Why?")
    await page.get_by_role("button", name="Add comment").click()
    await expect(page.get_by_role("article").filter(has_text="Why?")).to_be_visible()
    await expect(page).not_to_have_url(re.compile("line="))
    await page.get_by_role("link", name="Conversation").click()
    await page.get_by_role("button", name="Merge pull request").click()
    await expect(page.get_by_role("main")).to_contain_text("maintainer merged this")


async def test_who_presses_a_button_sees_that_it_was_sent(place, desk):
    page = await desk.of("maintainer", f"/acme/demo/runs/{place.run}")
    await page.get_by_role("button", name="Retry").click()
    await expect(page.get_by_role("main")).to_contain_text("greenroom[bot] was told.")


async def test_everything_works_without_scripts(desk, issue):
    page = await desk.of("maintainer", issue, scripts=False)
    await page.get_by_label("Write a comment as maintainer").fill("By hand")
    await page.get_by_role("button", name="Comment", exact=True).click()
    await expect(page.get_by_role("article").filter(has_text="By hand")).to_be_visible()
    await page.get_by_label("Change labels").click()
    await page.get_by_role("button", name="bug", exact=True).click()
    await expect(page.locator("#the-labels")).to_contain_text("bug")
    await page.get_by_role("button", name="Close issue").click()
    await expect(page.get_by_role("button", name="Reopen issue")).to_be_visible()


async def test_a_file_that_moved_on_is_not_overwritten_unseen(place, desk):
    page = await desk.of("maintainer", "/acme/demo/edit/main/src/a.py")
    await listening(page)
    await page.get_by_label("Text").fill("mine\n")
    await place.pushes("main", {"src/a.py": "theirs\n"})
    await page.evaluate("refresh()")
    await page.get_by_role("button", name="Commit to main").click()
    await expect(page.get_by_role("alert")).to_contain_text("does not match")
    await expect(page.get_by_label("Text")).to_have_value("mine\n")
