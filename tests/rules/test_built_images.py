"""What is told of the images that a build has left."""

import json

import pytest

from bot.model.validations import Definition
from bot.rules.reports import Ended, verdict
from bot.rules.reports.images import built

DIGEST = f"sha256:{'a' * 64}"
BASE = "docker.io/library/debian"


def told(*names, **more):
    return [{"names": [name], "digest": DIGEST, "size": "3.77 MB", **more} for name in names]


@pytest.mark.parametrize("size", ["3.77 MB", "2.59 KB", "12 B"])
def test_an_image_is_told_by_name_digest_and_size(size):
    said = built(json.dumps(told("localhost/app:latest", size=size)), [])
    assert said == f"Built `localhost/app:latest` as `{DIGEST}`, {size}."


def test_what_a_build_began_with_was_not_built():
    listed = told(f"{BASE}:12", f"{BASE}@{DIGEST}", BASE, f"{BASE}x", size="no size")
    assert built(json.dumps(listed), [BASE]) == f"Built `{BASE}x` as `{DIGEST}`."


def test_of_many_images_the_first_are_named():
    said = built(json.dumps(told(*"abcde")), [])
    assert said.startswith("Built `a` as ")
    assert said.endswith("`c` as `" + DIGEST + "`, 3.77 MB and 2 more.")


@pytest.mark.parametrize(
    "text",
    [
        *("", "{", "[" * 10_000, "{}", "[1, {}]"),
        json.dumps(told("no name")),
        json.dumps(told("a", names=None)),
        json.dumps(told("a", names=[])),
        json.dumps(told("a", names=[1])),
        json.dumps(told("a", digest="sha256:b")),
        json.dumps(told("a", digest=None)),
    ],
)
def test_what_is_no_image_is_not_told_of(text):
    assert built(text, []) == ""


def ended(status, **more):
    return Ended(exit=status, signal=None, cause="exited", seconds=1.0, **more)


def test_a_verdict_says_what_was_built_and_what_could_not_be_had():
    image = Definition(name="image", run="buildah bud .", kind="builder")
    passed = verdict(image, ended(0, built=json.dumps(told("app"))))
    assert (passed.outcome, passed.words) == ("passed", f"Built `app` as `{DIGEST}`, 3.77 MB.")
    failed = verdict(image, ended(125, lacks="`debian:12` has no digest."))
    assert (failed.outcome, failed.words) == ("failed", "`debian:12` has no digest.")
