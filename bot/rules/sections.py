"""Our section of a text that belongs to somebody else: replaced as a whole, found by its marks."""

from bot.model.ids import RunId

Marks = tuple[str, str]
"""Hidden marks, before and behind."""


def ci_marks(run: RunId) -> Marks:
    """Return the marks around CI in the body of the pull request that a run has opened."""
    return f"<!-- greenroom ci {run} -->", f"<!-- /greenroom ci {run} -->"


def placed(body: str, marks: Marks, text: str) -> str:
    """Put a section into a body, in the place of the one that is there, or at the end.

    Whatever people have written around it stays as it is.
    """
    begins, ends = marks
    first = body.find(begins)
    last = body.find(ends, first)
    wanted = f"{begins}\n{text}\n{ends}"
    if first < 0 or last < 0:
        return f"{body.rstrip()}\n\n{wanted}"
    return body[:first] + wanted + body[last + len(ends) :]
