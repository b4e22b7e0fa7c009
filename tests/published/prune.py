"""Writes tests/data/published: what GitHub publishes, cut down to what we use.

Run by hand, `python -m tests.published.prune`, after `kept` has changed; it needs `npm`.
The same packages and the same list give the same bytes.
"""

import json
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tests.published import kept
from tests.published.graphql import SCALARS
from tests.published.schemas import Schema, mapped, modern, references

FOLDER = Path("tests/data/published")
SPECIFICATION = "package/generated/api.github.com.json"
INTROSPECTION = "package/schema.json"
RECORDINGS = "package/api.github.com/index.json"
JSON_TYPE = "application/json"

Json = dict[str, Any]

NEWER: dict[str, tuple[tuple[str, Schema], ...]] = {
    "has_downloads": (
        ("has_discussions", {"type": "boolean"}),
        ("web_commit_signoff_required", {"type": "boolean"}),
    ),
    "site_admin": (("user_view_type", {"type": "string"}),),
    "triggering_actor": (("display_title", {"type": "string"}),),
}
"""What newer objects have, by a key that objects of their kind have always had."""


def main() -> None:
    """Fetch the packages, write every file, say their sizes."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        api = fetched(kept.API_PACKAGE, SPECIFICATION, folder / "api")
        webhooks = fetched(kept.WEBHOOKS_PACKAGE, SPECIFICATION, folder / "webhooks")
        recordings = fetched(kept.EXAMPLES_PACKAGE, RECORDINGS, folder / "examples")
        graphql = fetched(kept.GRAPHQL_PACKAGE, INTROSPECTION, folder / "graphql")
        shutil.copy(folder / "api" / "package" / "LICENSE", FOLDER / "LICENSE")
    correct(api)
    written("api.json", pruned_api(api))
    written("webhooks.json", pruned_webhooks(webhooks))
    written("examples.json", examples(api))
    written("graphql.json", pruned_graphql(graphql))
    for name, payload in recorded(recordings).items():
        written(f"payloads/{name}.json", payload)


def fetched(package: str, member: str, into: Path) -> Any:
    """Return one JSON file of an npm package, and leave it and the licence in `into`."""
    into.mkdir()
    subprocess.run(["npm", "pack", "--silent", package], cwd=into, check=True)
    with tarfile.open(next(into.glob("*.tgz"))) as archive:
        for name in {member, "package/LICENSE"} & set(archive.getnames()):
            archive.extract(name, into, filter="data")
    return json.loads((into / member).read_bytes())


def written(name: str, value: Any) -> None:
    """Write one file in the one way this value can be written."""
    target = FOLDER / name
    target.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    target.write_text(text + "\n", encoding="utf-8")
    sys.stdout.write(f"{target}: {target.stat().st_size:,} bytes\n")


def correct(source: Json) -> None:
    """Put what is right in place of the schemas that are known to be wrong."""
    for keys, schema in kept.CORRECTED.items():
        *way, last = keys.split(" ")
        holder = source
        for key in way:
            holder = holder[key]
        holder[last] = schema


def pruned_api(source: Json) -> Json:
    """Return the kept operations and what they refer to, as JSON Schema."""
    paths: Json = {}
    for path, method, operation in operations(source):
        paths.setdefault(path, {})[method] = pruned_operation(source, operation)
    return {
        "openapi": "3.1.0",
        "info": pruned_info(source),
        "paths": paths,
        "components": {"schemas": closure(source["components"]["schemas"], paths)},
    }


def pruned_info(source: Json) -> Json:
    """Return what the description is called, its version and its licence."""
    return {word: source["info"][word] for word in ("title", "version", "license")}


def operations(source: Json) -> Iterator[tuple[str, str, Json]]:
    """Yield path, method and description of every kept operation."""
    for path, item in source["paths"].items():
        for method, operation in item.items():
            if operation["operationId"] in kept.OPERATIONS:
                yield path, method, operation


def pruned_operation(source: Json, operation: Json) -> Json:
    """Return what decides about a request and its answers, with only schemas by reference."""
    result: Json = {
        "operationId": operation["operationId"],
        "externalDocs": {"url": operation["externalDocs"]["url"]},
        "parameters": [
            pruned_parameter(resolved(source, parameter)) for parameter in operation["parameters"]
        ],
        "responses": {
            status: pruned_content(resolved(source, response))
            for status, response in operation["responses"].items()
        },
    }
    if "requestBody" in operation:
        body = operation["requestBody"]
        result["requestBody"] = {"required": body["required"], **pruned_content(body)}
    return result


def resolved(source: Json, value: Json) -> Json:
    """Return what a reference to a component stands for, or the value itself."""
    if "$ref" not in value:
        return value
    kind, name = value["$ref"].split("/")[-2:]
    found: Json = source["components"][kind][name]
    return found


def pruned_parameter(parameter: Json) -> Json:
    """Return a parameter without its words."""
    words = ("name", "in", "required", "x-multi-segment")
    return {
        **{word: parameter[word] for word in words if word in parameter},
        "schema": modern(parameter["schema"]),
    }


def pruned_content(holder: Json) -> Json:
    """Return the JSON side of a body; the media types are GitHub's own variants of it."""
    if JSON_TYPE not in holder.get("content", {}):
        return {}
    return {"content": {JSON_TYPE: {"schema": modern(holder["content"][JSON_TYPE]["schema"])}}}


def closure(schemas: Mapping[str, Schema], roots: Any) -> dict[str, Schema]:
    """Return every schema that the roots refer to, directly or not."""
    found: dict[str, Schema] = {}
    todo = set(references(roots))
    while todo:
        name = todo.pop()
        found[name] = modern(schemas[name])
        todo |= set(references(found[name])) - set(found)
    return found


def pruned_webhooks(source: Json) -> Json:
    """Return the kept webhooks, each as a reference to the schema of its payload."""
    webhooks: Json = {}
    for event, actions in kept.EVENTS.items():
        for action in actions or (None,):
            name = "-".join(filter(None, (event, action))).replace("_", "-")
            body = source["webhooks"][name]["post"]["requestBody"]
            webhooks[name] = {"schema": modern(body["content"][JSON_TYPE]["schema"])}
    found = closure(source["components"]["schemas"], webhooks)
    return {
        "openapi": "3.1.0",
        "info": pruned_info(source),
        "webhooks": webhooks,
        "components": {
            "schemas": {name: with_newer_keys(with_client_ids(one)) for name, one in found.items()}
        },
    }


def with_newer_keys(schema: Schema) -> Schema:
    """Return a schema in which everything may have what newer ones of its kind have.

    The description has these keys of repositories, of users and of workflow runs in most
    places and forgets them in some; and it forgets an event that apps subscribe to.
    """
    result = mapped(schema, with_newer_keys)
    known = result.get("properties", {})
    newer = {key: value for mark, more in NEWER.items() if mark in known for key, value in more}
    if newer:
        result["properties"] = {**newer, **known}
    if "workflow_run" in result.get("enum", ()) and "workflow_job" not in result["enum"]:
        result["enum"] = [*result["enum"], "workflow_job"]
    return result


def with_client_ids(schema: Schema) -> Schema:
    """Return a schema in which the app that an issue was made through has a client id.

    Recorded ones have it, and so has an app wherever else it stands in the description.
    """
    result = mapped(schema, with_client_ids)
    app = result.get("properties", {}).get("performed_via_github_app", {})
    if "properties" in app:
        app["properties"]["client_id"] = {"type": "string"}
    return result


def pruned_graphql(source: Json) -> Json:
    """Return the kept types of GraphQL, each type of a field or argument as a text."""
    found = {each["name"]: each for each in source["__schema"]["types"]}
    return {"types": {name: pruned_type(found[name]) for name in kept.GRAPHQL}}


def pruned_type(described: Json) -> Json:
    """Return a type's fields with their arguments, an input's fields, or an enum's values."""
    if described["kind"] == "ENUM":
        return {"values": [each["name"] for each in described["enumValues"]]}
    if described["kind"] == "INPUT_OBJECT":
        return {"inputs": typed(described["inputFields"])}
    names = kept.GRAPHQL[described["name"]]
    fields = [
        each
        for each in described["fields"]
        if (each["name"] in names if names else is_kept(spelled(each["type"])))
    ]
    return {
        "fields": {
            each["name"]: {"type": spelled(each["type"]), "args": typed(each["args"])}
            for each in fields
        }
    }


def typed(some: list[Json]) -> dict[str, str]:
    """Return names with their types."""
    return {each["name"]: spelled(each["type"]) for each in some}


def spelled(kind: Json) -> str:
    """Return a type as documents spell it."""
    if kind["kind"] == "NON_NULL":
        return f"{spelled(kind['ofType'])}!"
    return f"[{spelled(kind['ofType'])}]" if kind["kind"] == "LIST" else str(kind["name"])


def is_kept(name: str) -> bool:
    """Return whether values of a type can be checked: it is kept, or a scalar."""
    return name.strip("[]!") in {*kept.GRAPHQL, *SCALARS}


def examples(source: Json) -> Json:
    """Return GitHub's own examples: `{operation: {"request" | status: {name: body}}}`."""
    return {
        operation["operationId"]: {
            "request": example_bodies(source, operation.get("requestBody", {})),
            **{
                status: example_bodies(source, resolved(source, response))
                for status, response in operation["responses"].items()
            },
        }
        for _, _, operation in operations(source)
    }


def example_bodies(source: Json, holder: Json) -> Json:
    """Return the examples of one JSON body by their names."""
    named = holder.get("content", {}).get(JSON_TYPE, {}).get("examples", {})
    values = {name: resolved(source, example)["value"] for name, example in named.items()}
    return {name: in_place(source, value) for name, value in values.items()}


def in_place(source: Json, value: Any) -> Any:
    """Return an example that is only a reference to another one as that other one's value."""
    if isinstance(value, dict) and list(value) == ["$ref"]:
        return resolved(source, value)["value"]
    return value


def recorded(definitions: list[Json]) -> dict[str, Json]:
    """Return `{EVENT.ACTION.N: payload}`: up to two recordings of each kept action.

    The two differ in their top-level keys: a repository with and without an organisation,
    an event of an installed app and of a plain webhook.
    """
    found: dict[str, Json] = {}
    for definition in definitions:
        event = definition["name"]
        for action in recorded_actions(event):
            payloads = [one for one in definition["examples"] if one.get("action") == action]
            distinct = {frozenset(one): one for one in reversed(payloads)}
            chosen = list(distinct.values())[-1 if event in kept.RECORDED_ONCE else -2 :]
            for number, payload in enumerate(reversed(chosen), start=1):
                found[".".join(filter(None, (event, action, str(number))))] = payload
    return found


def recorded_actions(event: str) -> tuple[str | None, ...]:
    """Return the actions of an event of which recordings are kept."""
    if event in kept.EVENTS:
        return kept.EVENTS[event] or (None,)
    return kept.PASSERS_BY.get(event, ())


if __name__ == "__main__":
    main()
