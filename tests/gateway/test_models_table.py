"""The operator's file of models, as the gateway reads it when it starts."""

import pytest

from bot.model.errors import Misconfigured
from bot.model.money import micros
from bot.model.settings import Process, read_settings
from bot.wiring.gateway import catalogue_of


def settings(path):
    return read_settings({"GREENROOM_MODELS": str(path)}, frozenset({Process.GATEWAY}))


def test_without_a_file_the_prices_are_ours():
    found = catalogue_of(read_settings({}, frozenset({Process.GATEWAY})))
    assert found.known("anthropic", found.named("anthropic", "default"))


def test_the_operators_word_is_over_ours(tmp_path):
    file = tmp_path / "models.yml"
    file.write_text("per_day: 7\nmodels: {compatible: {qwen: {input: 1, output: 2}}}\n")
    found = catalogue_of(settings(file))
    assert found.per_day == micros(7)
    assert found.known("compatible", "qwen")
    assert found.known("openai", "gpt-5")


@pytest.mark.parametrize("content", [None, b"models: 5", b"\xff\xfe\xff"])
def test_a_file_that_is_none_stops_the_start(tmp_path, content):
    file = tmp_path / "models.yml"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(Misconfigured, match="GREENROOM_MODELS is wrong"):
        catalogue_of(settings(file))
