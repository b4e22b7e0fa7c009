"""Markdown as GitHub shows it, and nothing in it that could do harm."""

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.devhub.pages import markdown, mentions, sanitizing

SHA = "0123456789abcdef0123456789abcdef01234567"
KNOWN = mentions.Mentions(
    home="/acme/demo",
    ref="main",
    issues={1: "issues", 2: "pull"},
    logins=frozenset({"ann", "greenroom[bot]"}),
    commits={SHA[:8]: SHA, SHA: SHA},
)


def html(text):
    return str(markdown.comment(text, KNOWN)).strip()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("#1", '<a href="/acme/demo/issues/1"'),
        ("see #2.", '<a href="/acme/demo/pull/2"'),
        ("@ann", '<a href="/ann"'),
        ("@greenroom[bot]!", '<a href="/greenroom[bot]"'),
        (f"at {SHA}", f'<a href="/acme/demo/commit/{SHA}" rel="nofollow noreferrer">0123456</a>'),
        ("https://example.com/a.", '<a href="https://example.com/a"'),
        ("[x](docs/a.md)", '<a href="/acme/demo/blob/main/docs/a.md"'),
        ("- [ ] a\n- [x] b", "☑ b"),
        ("a\nb", "a<br>\nb"),
        ("# Big", "<h3>Big</h3>"),
        ("|a|\n|:-:|\n|1|", '<td align="center">1</td>'),
        ("~~a~~", "<s>a</s>"),
        ("<details open><summary>a</summary>b</details>", '<details open="">'),
        ("```suggestion\nx\n```", '<code class="language-suggestion">x'),
        ("![a](https://example.com/x.png)", ">a</a>"),
    ],
)
def test_what_people_write_becomes(text, expected):
    assert expected in html(text)


@pytest.mark.parametrize(
    "text", ["#9", "x#1", "@nobody", "a@ann", "`#1`", "deadbeef", "```\n@ann\n```", "#1x"]
)
def test_what_is_no_mention_is_not_linked(text):
    assert "<a" not in html(text)


def test_a_mention_inside_a_link_makes_no_second_link():
    assert html("[#1](https://example.com)").count("<a") == 1
    assert html('<a href="https://example.com">#1</a>').count("<a") == 1


def test_hidden_comments_stay_hidden():
    assert html("<!-- greenroom run 1 -->\nHello <!-- x --> you") == "<p>Hello  you</p>"


def test_files_keep_a_single_break_as_a_space():
    assert "<br" not in markdown.document("a\nb", KNOWN)


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<style>*{display:none}</style>",
        "<img src=x onerror=alert(1)>",
        '<a href="javascript:alert(1)">x</a>',
        '<a href=" java\nscript:alert(1)">x</a>',
        '<a href="data:text/html,x">x</a>',
        '<a href="//evil.example">x</a>',
        '<a href="/\\evil.example">x</a>',
        '<a href="http://[">x</a>',
        "[x](vbscript:x)",
        "<svg><script>alert(1)</script></svg>",
        "<iframe srcdoc=x></iframe>",
        "<form action=/x><button>go</button></form>",
        '<p id="flash" class="main" style="position:fixed">x</p>',
        "<base href=//evil.example>",
        "<svg><p><style><g title='</style><img src=x onerror=alert(1)>'>",
        "</div></main><h1>Mine</h1>",
        "<details><summary>never closed",
    ],
)
def test_nothing_harmful_is_left(text):
    assert harmless(html(text)), html(text)


class Found(HTMLParser):
    def __init__(self):
        super().__init__()
        self.open, self.fine = [], True

    def handle_starttag(self, tag, attrs):
        kept = {"href", "rel", "align", "open", "start", "class", "colspan", "rowspan"}
        self.fine &= tag in sanitizing._ALLOWED or tag == "a"
        self.fine &= {name for name, _ in attrs} <= kept
        values = dict(attrs)
        target = values.get("href", "/")
        self.fine &= bool(re.match(r"https?://|mailto:|/(?![/\\])", target))
        self.fine &= values.get("class", "language-").startswith("language-")
        if tag not in {"br", "hr"}:
            self.open.append(tag)

    def handle_endtag(self, tag):
        self.fine &= bool(self.open) and self.open.pop() == tag

    def handle_comment(self, _data):
        self.fine = False

    handle_decl = handle_pi = unknown_decl = handle_comment


def harmless(text):
    found = Found()
    found.feed(text)
    found.close()
    return found.fine and not found.open


PIECES = st.sampled_from(
    [
        *"</>a =\"'`\n\\\0)",
        *("<!--", "-->", "<script>", "</script>", "<style>", "<p>", "</p>", "<svg>", "<a href="),
        *("javascript:", "onclick=x", "<img src=", "<details>", "<table>", "<td>", "</div>"),
        *("&#60;", "&lt;", "]]>", "<![CDATA[", "<?", "#1", "[", "](", "@ann", "* ", "🎭"),
        *("http://x", "<textarea>", "<plaintext>"),
    ]
)


@given(st.lists(PIECES, max_size=40).map("".join))
def test_whatever_is_written_the_page_stays_whole(text):
    assert harmless(html(text)), (text, html(text))


@given(st.lists(PIECES, max_size=30).map("".join))
def test_whatever_html_is_given_comes_out_harmless(text):
    once = sanitizing.sanitized(text, KNOWN.address)
    assert harmless(once), (text, once)
