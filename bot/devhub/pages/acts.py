"""What the forms of the pages do: each row turns a form into one request to the API."""

import base64
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial, reduce
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
        texts: fields of the form that are fields of the request's JSON.
        fixed: what the JSON has besides.
        body: builds more of it, for what is no plain text.
        follow: where in the answer the address stands that is gone to; else the same page is.
    """

    line: str
    texts: tuple[str, ...] = ()
    fixed: Mapping[str, str] = field(default_factory=dict)
    body: Body | None = None
    follow: tuple[str, ...] = ()

    def request(self, form: Form, seen: Visit) -> str:
        """Return `METHOD /path`.

        Raises:
            Problem: 422 when the form lacks a name.
        """
        known = {**form, **seen.params}
        path = self.line.replace("REPO", "/repos/{owner}/{repo}")
        return re.sub(r"\{(\w+)\}", lambda name: quote(_given(known, name[1]), safe=""), path)

    def json(self, form: Form, seen: Visit) -> dict[str, Any]:
        """Return the JSON of the request.

        Raises:
            Problem: 422 when the form lacks a field, 403 when the page itself refuses.
        """
        words = {name: _lines(_given(form, name)) for name in self.texts}
        more = {} if self.body is None else self.body(form, seen)
        return {**words, **self.fixed, **more}

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


def _lines(text: str) -> str:
    """Return what a textarea holds; browsers send its lines with CR LF."""
    return text.replace("\r\n", "\n")


def _label(form: Form, _seen: Visit) -> dict[str, Any]:
    return {"labels": [_given(form, "label").strip()]}


def _draft(form: Form, _seen: Visit) -> dict[str, Any]:
    return {"draft": "draft" in form}


def _line(form: Form, _seen: Visit) -> dict[str, Any]:
    return {"commit_id": _given(form, "commit"), "line": line_number(_given(form, "line"))}


def _file(form: Form, _seen: Visit) -> dict[str, Any]:
    """Return a commit of one file; the blob that it replaces is named, if there was one."""
    text = _lines(_given(form, "text"))
    replaced = {"sha": form["sha"]} if form.get("sha") else {}
    return {
        "message": form.get("message") or f"Change {_given(form, 'path')}",
        "content": base64.b64encode(text.encode()).decode(),
        **replaced,
    }


def _branch(form: Form, _seen: Visit) -> dict[str, Any]:
    return {"ref": f"refs/heads/{_given(form, 'branch').strip()}", "sha": _given(form, "sha")}


def _thread(verb: str, form: Form, _seen: Visit) -> dict[str, Any]:
    """Return the document that resolves a thread or opens it again."""
    field = f"{verb}ReviewThread(input: {{threadId: $id}}) {{ thread {{ id }} }}"
    variables = {"id": _given(form, "thread")}
    return {"query": f"mutation($id: ID!) {{ {field} }}", "variables": variables}


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
    "open issue": Act(line="POST REPO/issues", texts=("title", "body"), follow=_PAGE),
    "comment": Act(line="POST REPO/issues/{number}/comments", texts=("body",), follow=_PAGE),
    "edit comment": Act(line="PATCH REPO/issues/comments/{comment}", texts=("body",)),
    "delete comment": Act(line="DELETE REPO/issues/comments/{comment}"),
    "rename": Act(line="PATCH REPO/issues/{number}", texts=("title",)),
    "edit description": Act(line="PATCH REPO/issues/{number}", texts=("body",)),
    "close": Act(line="PATCH REPO/issues/{number}", fixed={"state": "closed"}),
    "reopen": Act(line="PATCH REPO/issues/{number}", fixed={"state": "open"}),
    "label": Act(line="POST REPO/issues/{number}/labels", body=_label),
    "unlabel": Act(line="DELETE REPO/issues/{number}/labels/{label}"),
    "react": Act(line="POST REPO/issues/{number}/reactions", texts=("content",)),
    "take back": Act(line="DELETE REPO/issues/{number}/reactions/{reaction}"),
    "react to comment": Act(
        line="POST REPO/issues/comments/{comment}/reactions", texts=("content",)
    ),
    "take back from comment": Act(
        line="DELETE REPO/issues/comments/{comment}/reactions/{reaction}"
    ),
    "react to review comment": Act(
        line="POST REPO/pulls/comments/{comment}/reactions", texts=("content",)
    ),
    "take back from review comment": Act(
        line="DELETE REPO/pulls/comments/{comment}/reactions/{reaction}"
    ),
    "open pull request": Act(
        line="POST REPO/pulls", texts=("title", "body", "head", "base"), body=_draft, follow=_PAGE
    ),
    "merge": Act(line="PUT REPO/pulls/{number}/merge", texts=("merge_method",)),
    "review": Act(line="POST REPO/pulls/{number}/reviews", texts=("event", "body")),
    "comment on line": Act(
        line="POST REPO/pulls/{number}/comments", texts=("body", "path", "side"), body=_line
    ),
    "reply": Act(line="POST REPO/pulls/{number}/comments/{comment}/replies", texts=("body",)),
    "edit review comment": Act(line="PATCH REPO/pulls/comments/{comment}", texts=("body",)),
    "delete review comment": Act(line="DELETE REPO/pulls/comments/{comment}"),
    "resolve": Act(line="POST /graphql", body=partial(_thread, "resolve")),
    "unresolve": Act(line="POST /graphql", body=partial(_thread, "unresolve")),
    "rerun": Act(line="POST REPO/check-runs/{id}/rerequest"),
    "rerun suite": Act(line="POST REPO/check-suites/{suite}/rerequest"),
    "press": Act(line="POST /_devhub/press", body=_press),
    "write file": Act(
        line="PUT REPO/contents/{path}",
        texts=("branch",),
        body=_file,
        follow=("content", "html_url"),
    ),
    "create branch": Act(line="POST REPO/git/refs", body=_branch),
    "delete branch": Act(line="DELETE REPO/git/refs/{ref}"),
    "fork": Act(line="POST REPO/forks", follow=_PAGE),
}
