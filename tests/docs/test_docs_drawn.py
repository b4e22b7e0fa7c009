import re

import pytest

from tests.docs.drawn import BLOCK, BLOCKS, MEASURED, PAGES, drawn


def texts() -> dict[str, str]:
    return {page.name: page.read_text(encoding="utf-8") for page in PAGES}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_drawing_equals_the_code(page):
    text = page.read_text(encoding="utf-8")
    assert text == drawn(text), "run `python -m tests.docs.drawn`"


def test_every_drawing_is_shown():
    shown = [block[1] for text in texts().values() for block in BLOCK.finditer(text)]
    assert sorted(shown) == sorted([*BLOCKS, *MEASURED])


def test_every_block_that_is_opened_is_closed():
    for name, text in texts().items():
        assert len(re.findall("<!-- drawn: ", text)) == len(BLOCK.findall(text)), name


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_row_of_a_table_has_all_its_cells(page):
    cells = 0
    for line in page.read_text(encoding="utf-8").splitlines():
        found = line.count("|") - line.count("\\|") if line.startswith("|") else 0
        assert not cells or not found or found == cells, line
        cells = found
