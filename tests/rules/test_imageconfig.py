"""What an image says of its programs is read in one way, or not at all."""

import json

import pytest

from bot.model.errors import Refused
from bot.rules.imageconfig import MOST_SAID, MOST_VOLUMES, ImageConfig, read_config

SAYS = {
    "Env": ["PATH=/opt/bin:/bin", "EMPTY=", "SUM=1=1"],
    "WorkingDir": "/srv",
    "Entrypoint": ["/entry"],
    "Cmd": ["serve", "--port=1"],
    "Volumes": {"/data": {}},
    "User": "0:0",
}


def config(**said: object) -> bytes:
    return json.dumps({"config": said}).encode()


def test_what_matters_is_read():
    assert read_config(config(**SAYS)) == ImageConfig(
        environment=(("PATH", "/opt/bin:/bin"), ("EMPTY", ""), ("SUM", "1=1")),
        directory="/srv",
        program=("/entry", "serve", "--port=1"),
        volumes=("/data",),
    )


@pytest.mark.parametrize("data", [b"", b"{}", b'{"config": null}', config(Env=None, Cmd=None)])
def test_an_image_need_not_say_anything(data):
    assert read_config(data) == ImageConfig()


@pytest.mark.parametrize(
    "said",
    [
        {"Env": ["PATH"]},
        {"Env": ["=x"]},
        {"Env": ["A=\ud800"]},
        {"Cmd": ["a\0b"]},
        {"Env": "A=1"},
        {"Env": 7},
        {"Cmd": [1]},
        {"WorkingDir": "srv"},
        {"WorkingDir": 1},
        {"WorkingDir": "/srv/../etc"},
        {"Volumes": {"/a\0b": {}}},
        {"Volumes": ["data"]},
    ],
)
def test_what_no_program_can_be_told_is_refused(said):
    with pytest.raises(Refused, match="has a config that"):
        read_config(config(**said))


@pytest.mark.parametrize("data", [b"[]", b"[", b"7", b'{"config": [1]}', b"[" * 100_000])
def test_what_is_no_config_is_refused(data):
    with pytest.raises(Refused, match="has a config that cannot be read"):
        read_config(data)


def test_what_it_says_has_bounds():
    volumes = {f"/{number}": {} for number in range(MOST_VOLUMES + 1)}
    for said in ({"Volumes": volumes}, {"Cmd": ["x", "é" * (MOST_SAID // 2)]}):
        with pytest.raises(Refused, match="says too much in"):
            read_config(config(**said))
