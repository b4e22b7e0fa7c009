"""HTML that others wrote, reduced to what can do no harm.

What comes out is written anew from the few tags and attributes below, so nothing of the
original survives that is not named here.  Every tag that is opened is closed: a comment
cannot reach out of its box.  The page's Content-Security-Policy is the second wall.

https://docs.github.com/en/get-started/writing-on-github/getting-started-with-writing-and-formatting-on-github
"""

import re
from collections.abc import Callable
from html import escape
from html.parser import HTMLParser

Address = Callable[[str], str | None]
"""Gives the address that a link shall have, or None for none."""

_TAGS = """b blockquote br code dd del details div dl dt em h1 h2 h3 h4 h5 h6 hr i ins kbd li p pre
q s samp strike strong sub summary sup table tbody tfoot thead tr tt ul var"""
_ALLOWED: dict[str, frozenset[str]] = {
    **dict.fromkeys(_TAGS.split(), frozenset()),
    "ol": frozenset({"start"}),
    "td": frozenset({"align", "colspan", "rowspan"}),
    "th": frozenset({"align", "colspan", "rowspan"}),
}
_VOID = frozenset({"br", "hr"})
_RAW = frozenset({"script", "style"})
_HEADING = re.compile("h[1-6]")
_PLAIN = re.compile("[a-z0-9]{1,8}")
_LANGUAGE = re.compile(r"language-[\w+-]{1,30}")

_DOWN = 2
"""Levels that headings move down: a page has its own above them."""


def sanitized(html: str, address: Address) -> str:
    """Return HTML that is safe inside a page.

    Args:
        html: what Markdown became, with the HTML of its writer.
        address: decides on the target of each link; images become links too.
    """
    cleaner = _Cleaner(address)
    cleaner.feed(html)
    cleaner.close()
    return cleaner.finished()


class _Cleaner(HTMLParser):
    def __init__(self, address: Address) -> None:
        super().__init__(convert_charrefs=True)
        self._address = address
        self._written: list[str] = []
        self._open: list[str] = []
        self._silent = False

    def finished(self) -> str:
        """Close what is open and return everything."""
        while self._open:
            self._written.append(f"</{self._open.pop()}>")
        return "".join(self._written)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag in _RAW:
            self._silent = True
        elif tag == "img":
            self._image(given)
        elif tag == "a":
            self._link(given.get("href", ""))
        elif tag in _ALLOWED:
            self._start(_lowered(tag), _kept(tag, given))

    def handle_endtag(self, tag: str) -> None:
        name = _lowered(tag)
        self._silent = self._silent and tag not in _RAW
        if name not in self._open:
            return
        while (last := self._open.pop()) != name:
            self._written.append(f"</{last}>")
        self._written.append(f"</{name}>")

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self._written.append(escape(data))

    def _start(self, name: str, attributes: str) -> None:
        self._written.append(f"<{name}{attributes}>")
        if name not in _VOID:
            self._open.append(name)

    def _link(self, target: str) -> None:
        if "a" not in self._open and (address := self._address(target)) is not None:
            self._start("a", f' href="{escape(address)}" rel="nofollow noreferrer"')

    def _image(self, given: dict[str, str]) -> None:
        """Name the image; the page loads nothing from elsewhere."""
        words = escape(given.get("alt") or "image")
        address = self._address(given.get("src", ""))
        if "a" in self._open or address is None:
            self._written.append(words)
        else:
            link = f'<a href="{escape(address)}" rel="nofollow noreferrer">{words}</a>'
            self._written.append(link)


def _lowered(tag: str) -> str:
    return f"h{min(int(tag[1]) + _DOWN, 6)}" if _HEADING.fullmatch(tag) else tag


def _kept(tag: str, given: dict[str, str]) -> str:
    kept = {name: given[name] for name in sorted(_ALLOWED[tag] & given.keys())}
    kept = {name: value for name, value in kept.items() if _PLAIN.fullmatch(value)}
    if tag == "details" and "open" in given:
        kept["open"] = ""
    if tag == "code" and _LANGUAGE.fullmatch(given.get("class", "")):
        kept["class"] = given["class"]
    if tag in {"td", "th"} and (
        found := re.fullmatch(r"text-align:(\w+)", given.get("style", ""))
    ):
        kept["align"] = found[1]
    return "".join(f' {name}="{escape(value)}"' for name, value in kept.items())
