"""What a Dockerfile begins with."""

import pytest

from bot.rules.dockerfiles import Base, bases, lacking

DIGEST = f"sha256:{'a' * 64}"
DEBIAN = "docker.io/library/debian"

FILE = f"""\
# syntax=docker/dockerfile:1
ARG BASE=debian@{DIGEST}
ARG BASE=other
FROM --platform=linux/amd64 golang:1.25 AS build
RUN echo \\
  FROM nothing

FROM $BASE
COPY --from=build /a /a
COPY --chown=1 --from=alpine:3 /b /b
COPY --from=0 /c /c
FROM scratch AS last
FROM Build
from ${{UNKNOWN}}
FROM ${{OTHER:-quay.io/x/y}}
FROM golang:1.25
"""


def test_each_image_is_found_once_with_its_line():
    assert [(each.line, each.name) for each in bases(FILE)] == [
        (4, "golang:1.25"),
        (8, f"debian@{DIGEST}"),
        (10, "alpine:3"),
        (14, "${UNKNOWN}"),
        (15, "quay.io/x/y"),
    ]


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("debian:12", DEBIAN),
        (f"debian:12@{DIGEST}", DEBIAN),
        ("someone/tool", "docker.io/someone/tool"),
        ("quay.io/a/b:1", "quay.io/a/b"),
        ("localhost/a", "localhost/a"),
        ("registry:5000/a", "registry:5000/a"),
        ("registry:5000/a:1", "registry:5000/a"),
    ],
)
def test_an_image_is_where_docker_would_look_for_it(name, place):
    assert Base(line=1, name=name).place == place


@pytest.mark.parametrize(
    ("name", "words"),
    [
        (f"debian@{DIGEST}", ""),
        (f"docker.io/library/debian:12@{DIGEST}", ""),
        ("debian:12", f"`debian:12` (line 3) has no digest: write `{DEBIAN}@sha256:DIGEST`."),
        ("debian@sha256:a", "`debian@sha256:a` (line 3) is no image by its digest."),
        (f"x@{DIGEST}", f"`x@{DIGEST}` (line 3) is of none of the validation's `bases`."),
    ],
)
def test_it_is_said_why_an_image_cannot_be_had(name, words):
    assert lacking(Base(line=3, name=name), [DEBIAN]) == words
