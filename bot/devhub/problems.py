"""GitHub's refusals, in GitHub's words and shape."""

from collections.abc import Mapping, Sequence
from typing import Any


class Problem(Exception):
    """An answer with an error status.

    Attributes:
        errors: the `errors` list of GitHub's validation answers.
    """

    def __init__(
        self,
        status: int,
        message: str,
        *,
        errors: Sequence[Mapping[str, Any] | str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.status = status
        self.message = message
        self.errors = errors
        self.headers = dict(headers or {})
        super().__init__(message)

    def body(self, documentation: str) -> dict[str, Any]:
        """Return the JSON that GitHub would send."""
        errors = {} if self.errors is None else {"errors": list(self.errors)}
        return {
            "message": self.message,
            **errors,
            "documentation_url": documentation,
            "status": str(self.status),
        }


def not_found() -> Problem:
    """There is no such thing, or the caller may not know of it."""
    return Problem(404, "Not Found")


def moved_to(address: str, *, keeps_method: bool = False) -> Problem:
    """It has another address; a request that changes something is to be sent again as it is.

    https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api#follow-redirects
    """
    status, words = (307, "Temporary Redirect") if keeps_method else (301, "Moved Permanently")
    return Problem(status, words, headers={"Location": address})


def not_supplied(field: str) -> Problem:
    """A required field is missing."""
    return Problem(422, f'Invalid request.\n\n"{field}" wasn\'t supplied.')


def wrong_type(field: str, value: object, wanted: str) -> Problem:
    """A field has another type than the description says."""
    return Problem(
        422, f"Invalid request.\n\nFor '{field}', {value!r} is not {wanted}.".replace("'", '"')
    )


def invalid(resource: str, field: str, message: str | None = None) -> Problem:
    """A field's value will not do.

    https://docs.github.com/en/rest/using-the-rest-api/troubleshooting-the-rest-api#validation-failed
    """
    error = {"resource": resource, "code": "custom" if message else "invalid", "field": field}
    return Problem(
        422, "Validation Failed", errors=[error | ({"message": message} if message else {})]
    )


def too_long(resource: str, field: str, limit: int) -> Problem:
    """A text is longer than GitHub takes.

    Args:
        resource: GitHub's name of the thing, such as `IssueComment`.
        field: which of its fields.
        limit: characters.
    """
    return invalid(resource, field, f"{field} is too long (maximum is {limit} characters)")
