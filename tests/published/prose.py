"""The rules for requests that GitHub's description states in words only.

A JSON Schema cannot say them, or GitHub's does not: a completed check run without a
conclusion passes it.  Each rule carries the address of the page that states it.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

DOCS = "https://docs.github.com/en/rest"

# "Body is too long (maximum is 65536 characters)", answered with status 422.
BODY_LIMIT = 65_536
ANNOTATION_TITLE_LIMIT = 255
ANNOTATION_BYTES_LIMIT = 64 * 1024
REPOSITORIES_LIMIT = 500
LABEL_DESCRIPTION_LIMIT = 100
PAGE_LIMIT = 100

CHECKS = ("checks/create", "checks/update")
REVIEWS = ("pulls/create-review", "pulls/submit-review", "pulls/update-review")
COMMENTS = (
    "issues/create-comment",
    "issues/update-comment",
    "pulls/create-reply-for-review-comment",
    "pulls/create-review-comment",
    "pulls/update-review-comment",
)
TITLED = ("issues/create", "issues/update", "pulls/create", "pulls/update")
REFS = ("git/get-ref", "git/update-ref", "git/delete-ref", "git/list-matching-refs")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a request says, as far as rules look at it; its body has passed its schema."""

    path: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One sentence of GitHub's documentation; no operations named means all of them."""

    operations: tuple[str, ...] = ()
    words: str
    doc: str
    broken: Callable[[Asked], bool]


def problems(operation: str, asked: Asked) -> Iterator[str]:
    """Yield the words of each rule that the request breaks."""
    for rule in RULES:
        if (not rule.operations or operation in rule.operations) and rule.broken(asked):
            yield f"{rule.words} ({rule.doc})"


def _annotations(asked: Asked) -> list[Mapping[str, Any]]:
    annotations: list[Mapping[str, Any]] = asked.body.get("output", {}).get("annotations", [])
    return annotations


def _completed_without_conclusion(asked: Asked) -> bool:
    completed = asked.body.get("status") == "completed" or "completed_at" in asked.body
    return completed and "conclusion" not in asked.body


def _concluded_yet_going_on(asked: Asked) -> bool:
    return "conclusion" in asked.body and asked.body.get("status", "completed") != "completed"


def _annotation_too_long(asked: Asked) -> bool:
    return any(
        len(annotation.get("title", "")) > ANNOTATION_TITLE_LIMIT
        or len(annotation["message"].encode()) > ANNOTATION_BYTES_LIMIT
        or len(annotation.get("raw_details", "").encode()) > ANNOTATION_BYTES_LIMIT
        for annotation in _annotations(asked)
    )


def _columns_over_lines(asked: Asked) -> bool:
    return any(
        annotation["start_line"] != annotation["end_line"]
        and bool({"start_column", "end_column"} & set(annotation))
        for annotation in _annotations(asked)
    )


def _output_without_title(asked: Asked) -> bool:
    output = asked.body.get("output")
    return output is not None and not output.get("title")


def _blank(word: str) -> Callable[[Asked], bool]:
    return lambda asked: word in asked.body and not str(asked.body[word] or "").strip()


def _body_too_long(asked: Asked) -> bool:
    return len(str(asked.body.get("body") or "")) > BODY_LIMIT


def _review_without_words(asked: Asked) -> bool:
    needs = asked.body.get("event") in {"COMMENT", "REQUEST_CHANGES"}
    return needs and not (asked.body.get("body") or asked.body.get("comments"))


def _unplaced(asked: Asked) -> bool:
    return any(
        "line" not in place and "position" not in place and place.get("subject_type") != "file"
        for place in _places(asked)
    )


def _starts_after_its_end(asked: Asked) -> bool:
    return any(
        "start_line" in place and place["start_line"] >= place.get("line", 0)
        for place in _places(asked)
    )


def _places(asked: Asked) -> list[Mapping[str, Any]]:
    """Return where comments on a diff are to be put: one, or those of a review."""
    if "path" in asked.body:
        return [] if "in_reply_to" in asked.body else [asked.body]
    places: list[Mapping[str, Any]] = asked.body.get("comments") or []
    return places


def _content_no_base64(asked: Asked) -> bool:
    text = "".join(str(asked.body.get("content", "")).split())
    return not re.fullmatch(r"[A-Za-z0-9+/]*={0,2}", text) or len(text) % 4 != 0


def _pull_without_subject(asked: Asked) -> bool:
    return "title" not in asked.body and "issue" not in asked.body


def _entry_without_one_content(asked: Asked) -> bool:
    return any(("sha" in entry) == ("content" in entry) for entry in asked.body.get("tree", []))


def _sha_abbreviated(asked: Asked) -> bool:
    named = [asked.body.get(word) for word in ("sha", "head_sha", "tree", "base_tree")]
    named += asked.body.get("parents", [])
    return not all(
        re.fullmatch(r"[0-9a-f]{40}", str(sha)) for sha in named if isinstance(sha, str)
    )


def _color_no_hexadecimal(asked: Asked) -> bool:
    color = asked.body.get("color")
    return color is not None and not re.fullmatch(r"[0-9a-fA-F]{6}", str(color))


def _names_repositories_twice(asked: Asked) -> bool:
    return "repositories" in asked.body and "repository_ids" in asked.body


def _too_many_repositories(asked: Asked) -> bool:
    named = (asked.body.get("repositories", []), asked.body.get("repository_ids", []))
    return any(len(names) > REPOSITORIES_LIMIT for names in named)


def _page_too_large(asked: Asked) -> bool:
    size = asked.query.get("per_page", "1")
    return not (size.isdecimal() and 1 <= int(size) <= PAGE_LIMIT)


RULES = (
    Rule(
        operations=CHECKS,
        words="a check run with status completed, or with completed_at, needs a conclusion",
        doc=f"{DOCS}/checks/runs#create-a-check-run",
        broken=_completed_without_conclusion,
    ),
    Rule(
        operations=CHECKS,
        words="a conclusion completes the check run, whatever status says",
        doc=f"{DOCS}/checks/runs#create-a-check-run",
        broken=_concluded_yet_going_on,
    ),
    Rule(
        operations=CHECKS,
        words="only GitHub sets the conclusion stale",
        doc=f"{DOCS}/checks/runs#create-a-check-run",
        broken=lambda asked: asked.body.get("conclusion") == "stale",
    ),
    Rule(
        operations=CHECKS,
        words="an output needs a title",
        doc=f"{DOCS}/checks/runs#update-a-check-run",
        broken=_output_without_title,
    ),
    Rule(
        operations=CHECKS,
        words="an annotation has at most 64 KB of message and of details, 255 of title",
        doc=f"{DOCS}/checks/runs#create-a-check-run",
        broken=_annotation_too_long,
    ),
    Rule(
        operations=CHECKS,
        words="an annotation has columns only where it begins and ends on one line",
        doc=f"{DOCS}/checks/runs#create-a-check-run",
        broken=_columns_over_lines,
    ),
    Rule(
        operations=("checks/create",),
        words="a check run needs a name",
        doc=f"{DOCS}/checks/runs#create-a-check-run",
        broken=_blank("name"),
    ),
    Rule(
        operations=TITLED,
        words="a title is not empty",
        doc=f"{DOCS}/issues/issues#create-an-issue",
        broken=_blank("title"),
    ),
    Rule(
        operations=COMMENTS,
        words="a comment is not empty",
        doc=f"{DOCS}/issues/comments#create-an-issue-comment",
        broken=_blank("body"),
    ),
    Rule(
        operations=(*COMMENTS, *TITLED),
        words=f"a body has at most {BODY_LIMIT} characters",
        doc=f"{DOCS}/issues/comments#create-an-issue-comment",
        broken=_body_too_long,
    ),
    Rule(
        operations=("pulls/create-review",),
        words="a review that comments or requests changes needs words",
        doc=f"{DOCS}/pulls/reviews#create-a-review-for-a-pull-request",
        broken=_review_without_words,
    ),
    Rule(
        operations=REVIEWS,
        words=f"a body has at most {BODY_LIMIT} characters",
        doc=f"{DOCS}/pulls/reviews#create-a-review-for-a-pull-request",
        broken=_body_too_long,
    ),
    Rule(
        operations=("pulls/create-review", "pulls/create-review-comment"),
        words="a comment on a diff needs a line, unless it is about the whole file",
        doc=f"{DOCS}/pulls/comments#create-a-review-comment-for-a-pull-request",
        broken=_unplaced,
    ),
    Rule(
        operations=("pulls/create-review", "pulls/create-review-comment"),
        words="a comment on several lines begins before it ends",
        doc=f"{DOCS}/pulls/comments#create-a-review-comment-for-a-pull-request",
        broken=_starts_after_its_end,
    ),
    Rule(
        operations=("repos/create-or-update-file-contents",),
        words="a file's content is written in base64",
        doc=f"{DOCS}/repos/contents#create-or-update-file-contents",
        broken=_content_no_base64,
    ),
    Rule(
        operations=("pulls/create",),
        words="a pull request needs a title, or the issue that it is made of",
        doc=f"{DOCS}/pulls/pulls#create-a-pull-request",
        broken=_pull_without_subject,
    ),
    Rule(
        operations=("git/create-tree",),
        words="an entry of a tree has either sha or content",
        doc=f"{DOCS}/git/trees#create-a-tree",
        broken=_entry_without_one_content,
    ),
    Rule(
        operations=("git/create-blob",),
        words="a blob is encoded as utf-8 or base64",
        doc=f"{DOCS}/git/blobs#create-a-blob",
        broken=lambda asked: asked.body.get("encoding", "utf-8") not in {"utf-8", "base64"},
    ),
    Rule(
        operations=(
            "checks/create",
            "git/create-commit",
            "git/create-ref",
            "git/create-tree",
            "git/update-ref",
            "pulls/merge",
        ),
        words="a SHA has forty hexadecimal digits",
        doc=f"{DOCS}/git/refs#create-a-reference",
        broken=_sha_abbreviated,
    ),
    Rule(
        operations=("git/create-ref",),
        words="a new ref starts with refs/ and has at least two slashes",
        doc=f"{DOCS}/git/refs#create-a-reference",
        broken=lambda asked: not re.match(r"refs/[^/]+/.", str(asked.body.get("ref"))),
    ),
    Rule(
        operations=REFS,
        words="a ref in a path is written without refs/, as heads/NAME or tags/NAME",
        doc=f"{DOCS}/git/refs#get-a-reference",
        broken=lambda asked: not re.match(r"(heads|tags)(/|$)", asked.path.get("ref", "")),
    ),
    Rule(
        operations=("repos/compare-commits-with-basehead",),
        words="what to compare is written BASE...HEAD",
        doc=f"{DOCS}/commits/commits#compare-two-commits",
        broken=lambda asked: not re.fullmatch(r".+?\.\.\..+", asked.path.get("basehead", "")),
    ),
    Rule(
        operations=("issues/create-label",),
        words="a label's color is six hexadecimal digits without #",
        doc=f"{DOCS}/issues/labels#create-a-label",
        broken=_color_no_hexadecimal,
    ),
    Rule(
        operations=("issues/create-label",),
        words=f"a label's description has at most {LABEL_DESCRIPTION_LIMIT} characters",
        doc=f"{DOCS}/issues/labels#create-a-label",
        broken=lambda asked: (
            len(str(asked.body.get("description") or "")) > LABEL_DESCRIPTION_LIMIT
        ),
    ),
    Rule(
        operations=("apps/create-installation-access-token",),
        words=f"a token is narrowed to at most {REPOSITORIES_LIMIT} repositories",
        doc=f"{DOCS}/apps/apps#create-an-installation-access-token-for-an-app",
        broken=_too_many_repositories,
    ),
    Rule(
        operations=("apps/create-installation-access-token",),
        words="a token's repositories are named by name or by id, not both",
        doc=f"{DOCS}/apps/apps#create-an-installation-access-token-for-an-app",
        broken=_names_repositories_twice,
    ),
    Rule(
        operations=("apps/create-installation-access-token",),
        words="a token's repository is named without its owner",
        doc=f"{DOCS}/apps/apps#create-an-installation-access-token-for-an-app",
        broken=lambda asked: any("/" in name for name in asked.body.get("repositories", [])),
    ),
    Rule(
        words=f"a page has 1 to {PAGE_LIMIT} items",
        doc=f"{DOCS}/using-the-rest-api/using-pagination-in-the-rest-api",
        broken=_page_too_large,
    ),
)
