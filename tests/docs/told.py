"""What the docs tell: their texts, and the tables in them."""

import re

from tests.docs.drawn import PAGES

TEXTS = {page.name: page.read_text(encoding="utf-8") for page in PAGES}
ALL = "\n".join(TEXTS.values())


def rows(page: str, heading: str) -> list[list[str]]:
    """Return the cells of the first table below a heading."""
    after = TEXTS[page].split(f"# {heading}\n", 1)[1]
    lines = re.search(r"(?:^\|.*\n)+", after, re.MULTILINE)[0].splitlines()
    return [[cell.strip() for cell in line.strip("|").split(" |")] for line in lines[2:]]


def quoted(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def section(page: str, heading: str) -> str:
    """Return what stands below a heading, up to the next one of any depth."""
    return re.split(r"^#+ ", TEXTS[page].split(f"# {heading}\n", 1)[1], flags=re.MULTILINE)[0]
