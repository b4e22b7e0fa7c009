"""What is done to GitHub's schemas changes how they are written, not what they mean."""

import jsonschema_rs
import pytest

from tests.published.schemas import modern, strict


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"type": "string", "nullable": True}, "x"),
        ({"type": "string", "enum": ["x"], "nullable": True}, "x"),
        ({"oneOf": [{"type": "string"}, {"type": "integer"}], "nullable": True}, 1),
        ({"allOf": [{"type": "string"}], "nullable": True}, "x"),
    ],
)
def test_what_is_nullable_takes_its_value_and_null_and_nothing_else(schema, value):
    plain = modern(schema)
    assert jsonschema_rs.is_valid(plain, value)
    assert jsonschema_rs.is_valid(plain, None)
    assert not jsonschema_rs.is_valid(plain, [])


def test_a_key_called_description_is_kept_and_a_description_is_not():
    schema = {"description": "A label", "properties": {"description": {"type": "string"}}}
    assert modern(schema) == {"properties": {"description": {"type": "string"}}}


def test_two_sides_of_an_object_become_one():
    user = {"type": "object", "properties": {"id": {"type": "integer"}}}
    same = {"type": ["object", "null"], "properties": {"login": {"type": "string"}}}
    sides = [
        {"type": "object", "properties": {"user": user, "body": {"type": "string"}}},
        {"type": "object", "properties": {"user": same}, "required": ["user"]},
    ]
    known = {"id": {"type": "integer"}, "login": {"type": "string"}}
    assert modern({"allOf": sides}) == {
        "type": "object",
        "required": ["user"],
        "properties": {
            "user": {"type": "object", "properties": known},
            "body": {"type": "string"},
        },
    }


def test_sides_that_say_more_stay_two():
    sides = [{"type": "string", "format": "uri"}, {"type": "string", "maxLength": 9}]
    assert modern({"allOf": sides}) == {"allOf": sides}


@pytest.mark.parametrize(
    ("schema", "known", "stray"),
    [
        ({"type": "object", "properties": {"a": {}}}, {"a": 1}, {"b": 1}),
        (
            {"anyOf": [{"type": "object", "properties": {"a": {}}, "additionalProperties": True}]},
            {"a": 1},
            {"b": 1},
        ),
        (
            {"type": "array", "items": {"type": "object", "properties": {"a": {}}}},
            [{"a": 1}],
            [{"b": 1}],
        ),
    ],
)
def test_a_strict_schema_takes_known_keys_only(schema, known, stray):
    assert jsonschema_rs.is_valid(strict(schema), known)
    assert not jsonschema_rs.is_valid(strict(schema), stray)


def test_an_object_without_a_word_on_its_keys_stays_free():
    assert jsonschema_rs.is_valid(strict({"type": "object"}), {"any": "key"})
