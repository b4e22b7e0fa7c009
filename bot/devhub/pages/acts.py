"""What the forms of the pages do: each row turns a form into one request to the API."""

import base64
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import reduce
from operator import getitem
from typing import Any
from urllib.parse import quote, urlsplit

from bot.devhub.pages.diffs import line_number
from bot.devhub.pages.door import Answer
from bot.devhub.pages.visits import Visit
from bot.devhub.problems import Problem

_PAGE = ("html_url",)

Form = Mapping[str, str]
Body = Callable[[Form, Visit], dict[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One thing that a form can do.

    Attributes:
        line: method and path; names in braces come from the address and from the form.
        body: builds the JSON of the request.
        follow: where in the answer the address stands that is gone to; else the same page is.
    """

    line: str
    body: Body
    follow: tuple[str, ...] = ()

    def request(self, form: Form, seen: Visit) -> str:
        """Return `METHOD /path`.

        Raises:
            Problem: 422 when the form lacks a name.
        """
        known = {**form, **seen.params}
        path = self.line.replace("REPO", "/repos/{owner}/{repo}")
        return re.sub(r"\{(\w+)\}", lambda name: quote(_given(known, name[1]), safe=""), path)

    def goes_to(self, seen: Visit, answer: Answer) -> str:
        """Return the address that the browser is sent to."""
        if not self.follow:
            return seen.path
        parts = urlsplit(str(reduce(getitem, self.follow, answer.body)))
        return parts.path + (f"#{parts.fragment}" if parts.fragment else "")


def _given(form: Form, name: str) -> str:
    if name not in form:
        raise Problem(422, f"The form has no {name}.")
    return form[name]


def _nothing(_form: Form, _seen: Visit) -> dict[str, Any]:
    return {}


def _texts(*names: str) -> Body:
    return lambda form, _seen: {name: _lines(_given(form, name)) for name in names}


def _lines(text: str) -> str:
    """Return what a textarea holds; browsers send its lines with CR LF."""
    return text.replace("\r\n", "\n")


def _always(**body: str) -> Body:
    return lambda _form, _seen: dict(body)


def _label(form: Form, _seen: Visit) -> dict[str, Any]:
    return {"labels": [_given(form, "label").strip()]}


def _new_pull(form: Form, seen: Visit) -> dict[str, Any]:
    words = _texts("title", "body", "head", "base")(form, seen)
    return {**words, "draft": "draft" in form}


def _line_comment(form: Form, seen: Visit) -> dict[str, Any]:
    words = _texts("body", "path", "side")(form, seen)
    line = line_number(_given(form, "line"))
    return {**words, "commit_id": _given(form, "commit"), "line": line}


def _file(form: Form, seen: Visit) -> dict[str, Any]:
    """Return a commit of one file; the blob that it replaces is named, if there was one."""
    text = _lines(_given(form, "text"))
    replaced = {"sha": form["sha"]} if form.get("sha") else {}
    return {
        **_texts("branch")(form, seen),
        "message": form.get("message") or f"Change {_given(form, 'path')}",
        "content": base64.b64encode(text.encode()).decode(),
        **replaced,
    }


def _branch(form: Form, _seen: Visit) -> dict[str, Any]:
    return {"ref": f"refs/heads/{_given(form, 'branch').strip()}", "sha": _given(form, "sha")}


def _press(form: Form, seen: Visit) -> dict[str, Any]:
    """Return who presses which button: GitHub shows them to whoever may write."""
    if seen.viewer is None or not seen.may("write"):
        raise Problem(403, "Must have write access to the repository.")
    return {
        "repository": seen.repository.full_name,
        "check_run": seen.check_run.id,
        "identifier": _given(form, "identifier"),
        "login": seen.viewer.login,
    }


ACTS: Mapping[str, Act] = {
    "open issue": Act(line="POST REPO/issues", body=_texts("title", "body"), follow=_PAGE),
    "comment": Act(line="POST REPO/issues/{number}/comments", body=_texts("body"), follow=_PAGE),
    "edit comment": Act(line="PATCH REPO/issues/comments/{comment}", body=_texts("body")),
    "delete comment": Act(line="DELETE REPO/issues/comments/{comment}", body=_nothing),
    "rename": Act(line="PATCH REPO/issues/{number}", body=_texts("title")),
    "edit description": Act(line="PATCH REPO/issues/{number}", body=_texts("body")),
    "close": Act(line="PATCH REPO/issues/{number}", body=_always(state="closed")),
    "reopen": Act(line="PATCH REPO/issues/{number}", body=_always(state="open")),
    "label": Act(line="POST REPO/issues/{number}/labels", body=_label),
    "unlabel": Act(line="DELETE REPO/issues/{number}/labels/{label}", body=_nothing),
    "react": Act(line="POST REPO/issues/{number}/reactions", body=_texts("content")),
    "take back": Act(line="DELETE REPO/issues/{number}/reactions/{reaction}", body=_nothing),
    "react to comment": Act(
        line="POST REPO/issues/comments/{comment}/reactions", body=_texts("content")
    ),
    "take back from comment": Act(
        line="DELETE REPO/issues/comments/{comment}/reactions/{reaction}", body=_nothing
    ),
    "react to review comment": Act(
        line="POST REPO/pulls/comments/{comment}/reactions", body=_texts("content")
    ),
    "take back from review comment": Act(
        line="DELETE REPO/pulls/comments/{comment}/reactions/{reaction}", body=_nothing
    ),
    "open pull request": Act(line="POST REPO/pulls", body=_new_pull, follow=_PAGE),
    "merge": Act(line="PUT REPO/pulls/{number}/merge", body=_texts("merge_method")),
    "review": Act(line="POST REPO/pulls/{number}/reviews", body=_texts("event", "body")),
    "comment on line": Act(line="POST REPO/pulls/{number}/comments", body=_line_comment),
    "reply": Act(line="POST REPO/pulls/{number}/comments/{comment}/replies", body=_texts("body")),
    "edit review comment": Act(line="PATCH REPO/pulls/comments/{comment}", body=_texts("body")),
    "delete review comment": Act(line="DELETE REPO/pulls/comments/{comment}", body=_nothing),
    "rerun": Act(line="POST REPO/check-runs/{id}/rerequest", body=_nothing),
    "rerun suite": Act(line="POST REPO/check-suites/{suite}/rerequest", body=_nothing),
    "press": Act(line="POST /_devhub/press", body=_press),
    "write file": Act(line="PUT REPO/contents/{path}", body=_file, follow=("content", "html_url")),
    "create branch": Act(line="POST REPO/git/refs", body=_branch),
    "fork": Act(line="POST REPO/forks", body=_nothing, follow=_PAGE),
}
