"""What a validator found, in words: where in the value, and what is wrong there."""

from collections.abc import Iterable, Iterator

from jsonschema_rs import ValidationError, ValidationErrorKind

from tests.published.schemas import LISTED

MESSAGE_LIMIT = 300
"""Characters of one complaint: a validator quotes the whole value otherwise."""


def complaints(errors: Iterable[ValidationError]) -> list[str]:
    """Return one line for each thing that is wrong, and none twice."""
    return list(dict.fromkeys(_words(error) for error in _telling(errors)))


def _telling(errors: Iterable[ValidationError]) -> Iterator[ValidationError]:
    """Yield the errors that say what is wrong.

    Where no branch of a `oneOf` or `anyOf` fits, the nearest branch says why.  The keys
    that only a failed branch names then count as unknown, which says nothing.
    """
    held = list(errors)
    for error in held:
        branches = _branches(error)
        if branches:
            yield from _telling(_nearest(error, branches))
        elif not (_unknown(error) and any(_failed_side(error, other) for other in held)):
            yield error


def _failed_side(error: ValidationError, other: ValidationError) -> bool:
    """Return whether `other` is why a side of the value that `error` is about failed."""
    whole = error.evaluation_path[:-1]
    inside = other.evaluation_path[len(whole) :]
    first = next((step for step in inside if step != "$ref"), None)
    return other.evaluation_path[: len(whole)] == whole and first in LISTED


def _branches(error: ValidationError) -> list[list[ValidationError]]:
    match error.kind:
        case ValidationErrorKind.AnyOf(context) | ValidationErrorKind.OneOfNotValid(context):
            return context
        case _:
            return []


def _nearest(
    error: ValidationError, branches: list[list[ValidationError]]
) -> list[ValidationError]:
    def distance(branch: list[ValidationError]) -> tuple[bool, bool, int]:
        kinds = [one.kind for one in branch if one.instance_path == error.instance_path]
        other_type = any(isinstance(kind, ValidationErrorKind.Type) for kind in kinds)
        other_word = any(isinstance(one.kind, ValidationErrorKind.Enum) for one in branch)
        return other_type, other_word, len(branch)

    return min(branches, key=distance)


def _unknown(error: ValidationError) -> bool:
    return isinstance(error.kind, ValidationErrorKind.UnevaluatedProperties)


def _words(error: ValidationError) -> str:
    where = "".join(f"/{key}" for key in error.instance_path) or "/"
    match error.kind:
        case ValidationErrorKind.UnevaluatedProperties(unknown):
            return f"at {where}: unknown keys {', '.join(sorted(unknown))}"
        case _:
            return f"at {where}: {error.message[-MESSAGE_LIMIT:]}"
