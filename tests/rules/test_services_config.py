"""Servers beside a validation, as configuration names them."""

import pytest

from bot.model.validations import Service
from bot.rules.configmodel import MOST_SERVICES
from bot.rules.repoconfig import Layer, effective, mistakes
from bot.rules.validation import changed, key, offered

IMAGE = f"registry.example/db@sha256:{'0' * 64}"
DB = f'{{image: "{IMAGE}", port: 5432, env: {{USER: me, PASSWORD: "1"}}}}'


def layer(services: str, kind: str = "services") -> Layer:
    text = f"validations: {{unit: {{run: x, class: {kind}, services: {{{services}}}}}}}"
    return Layer(where="acme/app", files={".github/greenroom.yml": text})


def test_a_service_is_what_configuration_says():
    config = effective(None, layer(f"db: {DB}, q: {{image: '{IMAGE}', port: 80, run: q}}"))
    (unit,) = offered(config.validations, fork=True)
    environment = (("PASSWORD", "1"), ("USER", "me"))
    assert unit.services == (
        Service(name="db", image=IMAGE, environment=environment, port=5432),
        Service(name="q", image=IMAGE, run="q", port=80),
    )
    assert unit.kind == "services"


def test_an_answer_holds_with_the_same_services_alone():
    configs = [effective(None, layer(f"db: {DB}".replace("5432", port))) for port in ("1", "2")]
    first, second = (offered(each.validations, fork=False)[0] for each in configs)
    assert key(first, tree="t") != key(second, tree="t")
    assert changed(configs[0].validations, configs[1].validations) == ("unit",)


@pytest.mark.parametrize(
    ("services", "kind", "why"),
    [
        (f"db: {DB}", "plain", "services stand beside validations of the class `services` alone"),
        (f"a: {DB}, b: {DB}", "services", "two of its services have the same port, or one has"),
        (
            f"a: {DB.replace('5432', '8018')}",
            "services",
            "two of its services have the same port, or one has 8018, which is taken",
        ),
    ],
)
def test_what_could_never_come_up_has_no_effect_and_is_said(services, kind, why):
    config = effective(None, layer(services, kind))
    assert not config.validations
    assert config.overruled[0].words.startswith(f"`validations.unit` has no effect: {why}")


@pytest.mark.parametrize(
    ("service", "words"),
    [
        ("{port: 1}", "`validations.unit.services.db.image` is missing."),
        (f'{{image: "{IMAGE}"}}', "`validations.unit.services.db.port` is missing."),
        ('{image: "db:latest", port: 1}', "is not an image by its digest"),
        (f'{{image: "{IMAGE}", port: 70000}}', "and is to be a number up to 65535."),
        (f'{{image: "{IMAGE}", port: 1, env: {{A: 5}}}}', "the number 5 is not text, in quotes"),
        (f'{{image: "{IMAGE}", port: 1, env: {{"A-B": x}}}}', "is not the name of a variable"),
    ],
)
def test_a_mistake_is_said_with_what_to_write(service, words):
    (mistake,) = mistakes(layer(f"db: {service}"))
    assert words in mistake.words
    assert mistake.remedy.startswith("Write")


def test_a_validation_has_not_endlessly_many():
    many = ", ".join(f"s{number}: {DB}" for number in range(MOST_SERVICES + 1))
    (mistake,) = mistakes(layer(many))
    assert mistake.words.endswith(f"is to be at most {MOST_SERVICES} entries.")
