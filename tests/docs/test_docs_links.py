import re
from pathlib import Path

import pytest

from tests.docs.drawn import PAGES, ROOT

LINK = re.compile(r"\[[^\]]+\]\(([^)#\s]*)(?:#([\w-]+))?\)")
LINKS = [
    (page, *match.groups())
    for page in PAGES
    for match in LINK.finditer(page.read_text())
    if not match[1].startswith("https://")
]


@pytest.mark.parametrize(("page", "file", "part"), LINKS)
def test_a_link_leads_somewhere(page, file, part):
    target = page.parent / file if file else page
    assert target.exists(), f"{page.name} links to {file}"
    assert part is None or part in anchors(target)


def anchors(page: Path) -> set[str]:
    """Return the names that GitHub gives to a page's headings."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_page_is_linked_from_the_first_one():
    linked = {
        (page.parent / file).resolve() for page, file, _ in LINKS if page.name == "README.md"
    }
    assert set(PAGES) - {ROOT / "README.md"} <= linked
