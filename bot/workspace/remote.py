"""What a git server said, as one of our errors.

Git tells a person; its exit status is the same for all.  The phrases below are git's
(LC_ALL=C) and GitHub's; a message that fits none counts as no answer, to be tried again.
"""

import re

from bot.model.errors import GreenroomError, Refused, Unavailable
from bot.workspace.git import Finished

MOST_WORDS = 2_000
"""Characters of a server's message that are passed on to people."""

BRANCH_MOVED = "branch_moved"
"""The reason of a refusal because the branch is elsewhere."""

_AGAIN = 30.0
_SOON = 60.0

# https://docs.github.com/en/code-security/secret-scanning/working-with-secret-scanning-and-push-protection
# https://docs.github.com/en/repositories/configuring-branches-and-merges-in-your-repository/managing-rulesets/troubleshooting-rules
_REFUSALS = (
    (re.compile(r"push protection", re.IGNORECASE), "push_protection"),
    (re.compile(r"GH013|rule violations", re.IGNORECASE), "ruleset"),
    (re.compile(r"GH006|protected branch", re.IGNORECASE), "protected_branch"),
    (re.compile(r"without `?workflows?`? (?:permission|scope)", re.IGNORECASE), "workflows"),
    (re.compile(r"GH001|exceeds GitHub's file size limit", re.IGNORECASE), "too_large"),
    (re.compile(r"stale info|non-fast-forward|fetch first|cannot lock ref"), BRANCH_MOVED),
    (re.compile(r"\[(?:remote )?rejected\]|pre-receive hook declined"), "push_refused"),
    (re.compile(r"error: 403|Permission to \S+ denied|access denied", re.IGNORECASE), "forbidden"),
    (re.compile(r"error: 404|repository '[^']*' not found|Repository not found"), "not_found"),
    (re.compile(r"couldn't find remote ref"), "no_ref"),
)
_PLAIN = {
    BRANCH_MOVED: "Somebody else moved the branch in the meantime.",
    "no_ref": "The pull request is not there any more.",
}
"""For what git says in words of its own trade."""

LOGIN = "git login"
"""What is unavailable when a server does not take a token; the next try needs another one."""

_LOGIN = re.compile(r"Authentication failed|could not read (?:Username|Password)|error: 401")
_NOT_REACHED = re.compile(r"Could not resolve host|Failed to connect|Connection refused|SSL")
_WHY = re.compile(r"^!.*?\[[^]]*\] \((.*)\)$")
_REMOTE = re.compile(r"^remote: ?", re.MULTILINE)
_CONTROL = re.compile(r"\x1b\[[0-9;]*[A-Za-z]|[\x00-\x08\x0b-\x1f\x7f]")


def trouble(finished: Finished, *, sent: bool) -> GreenroomError:
    """Return the error that a failed fetch or push amounts to.

    Args:
        finished: how git ended.
        sent: whether an answer that never came may hide an effect, as with a push.
    """
    said = f"{_text(finished)}\n{finished.err}"
    for pattern, reason in _REFUSALS:
        if pattern.search(said):
            return Refused(reason, _PLAIN.get(reason) or spoken(finished))
    if _LOGIN.search(said):
        return Unavailable(LOGIN, "the token was not taken", retry_after=_SOON)
    reached = not _NOT_REACHED.search(said)
    return Unavailable("git", spoken(finished), retry_after=_AGAIN, sent=sent and reached)


def spoken(finished: Finished) -> str:
    """Return the server's own words if there are any, else git's; cut and fit to be shown."""
    lines = [line.rstrip() for line in finished.err.splitlines()]
    theirs = [line for line in lines if line.startswith("remote:")]
    status = [_WHY.sub(r"\1", line) for line in _text(finished).splitlines() if line[:1] == "!"]
    ours = [line for line in lines if line.startswith(("fatal:", "error:"))]
    text = _REMOTE.sub("", "\n".join(theirs or status or ours))
    return _CONTROL.sub("", text).strip()[:MOST_WORDS] or "git failed without a word"


def _text(finished: Finished) -> str:
    return finished.out.decode(errors="replace")
