from pathlib import Path

import pytest
from pydantic import SecretStr

from bot.model.errors import Misconfigured
from bot.model.registries import Registries
from bot.model.settings import HINTS, Address, Process, Settings, read_settings

EVERY = frozenset(Process)
HOME = {"GREENROOM_HOME": "/srv/greenroom"}
LEAST = {
    **HOME,
    "GITHUB_APP_ID": "42",
    "GITHUB_PRIVATE_KEY": "pem",
    "GITHUB_WEBHOOK_SECRET": "s1",
}
IMAGE = f"registry.example:5000/agent@sha256:{'0a' * 32}"
BROKEN = {
    "GITHUB_APP_ID": ["x7", "0", "-1", "1.5"],
    "GITHUB_WEBHOOK_SECRET": [",", " , "],
    "GITHUB_API_URL": ["api.github.com", "ftp://api.github.com", "https://", "http://[x"],
    "GITHUB_SERVER_URL": ["github.com"],
    "DATABASE_URL": ["mysql://h/x7", "sqlite:", "sqlite://", "sqlite:///", "sqlite:///:memory:"],
    "PORT": ["0", "65536", "http", "-1"],
    "GREENROOM_RUNNER": ["docker"],
    "GREENROOM_AGENT_IMAGE": ["agent:latest", "agent@sha256:x7", "--privileged"],
    "GREENROOM_CLASSES": [",", "plain,privileged"],
    "GREENROOM_JOB_UIDS": ["5", "9-5", "0-5", "a-b", "5-"],
    "GREENROOM_TOOLBOXES": ["python", "python=here", "=/opt/x7", "a=/x,b"],
    "GREENROOM_REGISTRIES": ["https://registry.example", "a x7"],
    "GREENROOM_RUNTIME": ["default", "command", "acp", "gpt"],
    "GREENROOM_RUNS_AT_ONCE": ["0", "many"],
    "GREENROOM_RUNS_PER_REPO": ["0", "-2"],
    "ANTHROPIC_API_KEY": ["k\u00e9y", "two\nlines"],
    "GEMINI_BASE_URL": ["generativelanguage"],
    "OPENAI_COMPATIBLE_URL": ["localhost:8000"],
}


def test_the_least_that_must_be_set():
    assert read_settings(LEAST, EVERY) == Settings(
        app_id=42,
        private_key=SecretStr("pem"),
        private_key_file=None,
        webhook_secrets=(SecretStr("s1"),),
        api_url="https://api.github.com",
        server_url="https://github.com",
        database_url=SecretStr("sqlite+aiosqlite:////srv/greenroom/greenroom.db"),
        host="0.0.0.0",
        port=8080,
        home=Path("/srv/greenroom"),
        blobs="/srv/greenroom/blobs",
        clock=None,
        floor=None,
        runner="local",
        podman_runtime="crun",
        agent_image="",
        classes=frozenset({"plain", "builder", "services"}),
        job_uids=(210000, 210999),
        toolboxes={},
        registries=Registries(),
        registry_auth=None,
        runtime="playbook",
        runs_at_once=4,
        runs_per_repo=3,
        providers={},
        models=None,
    )


def test_all_that_may_be_set():
    env = LEAST | {
        "GITHUB_API_URL": "http://127.0.0.1:9/api/v3/",
        "GITHUB_SERVER_URL": "https://git.example/",
        "DATABASE_URL": "postgres://u:p@db/greenroom",
        "PORT": "65535",
        "GREENROOM_HOST": "::1",
        "GREENROOM_BLOBS": "s3://bucket/greenroom",
        "GREENROOM_CLOCK": "/run/clock",
        "GREENROOM_FLOOR": "/etc/greenroom.yml",
        "GREENROOM_RUNNER": "podman",
        "GREENROOM_PODMAN_RUNTIME": "runc",
        "GREENROOM_AGENT_IMAGE": IMAGE,
        "GREENROOM_CLASSES": "plain, services,",
        "GREENROOM_JOB_UIDS": "300000-300000",
        "GREENROOM_TOOLBOXES": "python=/opt/python, node = /opt/node,",
        "GREENROOM_REGISTRIES": " registry.example,",
        "GREENROOM_REGISTRY_AUTH": "/etc/registries.json",
        "GREENROOM_RUNTIME": "opencode",
        "GREENROOM_RUNS_AT_ONCE": "9",
        "GREENROOM_RUNS_PER_REPO": "1",
        "GREENROOM_MODELS": "/etc/models.yml",
        "ANTHROPIC_API_KEY": "k1",
        "OPENAI_API_KEY": " k2\n",
        "OPENAI_BASE_URL": "https://eu.api.openai.com/v1/",
        "OPENAI_COMPATIBLE_URL": "http://10.0.0.5:8000/v1",
    }
    assert read_settings(env, EVERY) == Settings(
        app_id=42,
        private_key=SecretStr("pem"),
        private_key_file=None,
        webhook_secrets=(SecretStr("s1"),),
        api_url="http://127.0.0.1:9/api/v3",
        server_url="https://git.example",
        database_url=SecretStr("postgresql+asyncpg://u:p@db/greenroom"),
        host="::1",
        port=65535,
        home=Path("/srv/greenroom"),
        blobs="s3://bucket/greenroom",
        clock=Path("/run/clock"),
        floor=Path("/etc/greenroom.yml"),
        runner="podman",
        podman_runtime="runc",
        agent_image=IMAGE,
        classes=frozenset({"plain", "services"}),
        job_uids=(300000, 300000),
        toolboxes={"python": Path("/opt/python"), "node": Path("/opt/node")},
        registries=Registries(named=frozenset({("registry.example", 443)}), public=False),
        registry_auth=Path("/etc/registries.json"),
        runtime="opencode",
        runs_at_once=9,
        runs_per_repo=1,
        providers={
            "anthropic": Address(url="https://api.anthropic.com", key=SecretStr("k1")),
            "openai": Address(url="https://eu.api.openai.com/v1", key=SecretStr("k2")),
            "compatible": Address(url="http://10.0.0.5:8000/v1", key=None),
        },
        models=Path("/etc/models.yml"),
    )


def test_containers_need_an_image():
    with pytest.raises(Misconfigured, match="GREENROOM_AGENT_IMAGE is not set"):
        read_settings(LEAST | {"GREENROOM_RUNNER": "podman"}, EVERY)


def test_the_gateway_sees_no_secret_of_the_app():
    seen = read_settings(LEAST, frozenset({Process.GATEWAY}))
    assert (seen.app_id, seen.webhook_secrets) == (0, ())


def test_nobody_but_the_gateway_sees_the_keys_of_models():
    given = LEAST | {"GEMINI_API_KEY": "k3", "OPENAI_COMPATIBLE_URL": "http://h/v1"}
    keyed = given | {"OPENAI_COMPATIBLE_KEY": "k4"}
    seen = read_settings(keyed, frozenset({Process.GATEWAY})).providers
    assert seen["compatible"] == Address(url="http://h/v1", key=SecretStr("k4"))
    assert "k3" not in repr(seen)
    assert read_settings(keyed, frozenset({Process.WORK, Process.WEB})).providers == {}


NEEDED = [
    (Process.WEB, "GITHUB_WEBHOOK_SECRET"),
    (Process.WORK, "GITHUB_APP_ID"),
    (Process.WORK, "GITHUB_PRIVATE_KEY_FILE"),
]


@pytest.mark.parametrize(("process", "name"), NEEDED)
def test_what_a_process_needs_and_lacks_is_named(process, name):
    env = LEAST | {name.removesuffix("_FILE"): ""}
    with pytest.raises(Misconfigured) as problem:
        read_settings(env, frozenset({process}))
    assert str(problem.value) == f"{name} is not set: {HINTS[name]}."


@pytest.mark.parametrize("process", Process)
def test_each_process_asks_only_for_what_it_needs(process):
    env = {name.removesuffix("_FILE"): "7" for needs, name in NEEDED if needs is process}
    assert read_settings(env, frozenset({process})).port == 8080


@pytest.mark.parametrize(
    ("name", "text"), [(name, text) for name, texts in BROKEN.items() for text in texts]
)
def test_a_broken_setting_is_named_and_its_value_is_not(name, text):
    with pytest.raises(Misconfigured) as problem:
        read_settings(LEAST | {name: text}, EVERY)
    assert str(problem.value) == f"{name} is wrong: {HINTS[name]}."
    assert problem.value.__cause__ is None


def test_what_is_set_to_nothing_is_not_set():
    env = LEAST | dict.fromkeys(HINTS.keys() - LEAST.keys(), "")
    assert read_settings(env, EVERY) == read_settings(LEAST, EVERY)


def test_a_webhook_secret_is_rotated_by_naming_both():
    env = LEAST | {"GITHUB_WEBHOOK_SECRET": "new, old,,"}
    secrets = read_settings(env, EVERY).webhook_secrets
    assert [secret.get_secret_value() for secret in secrets] == ["new", "old"]


@pytest.mark.parametrize(
    ("env", "key", "file"),
    [
        ({"GITHUB_PRIVATE_KEY": "a\nb\n"}, "a\nb\n", None),
        ({"GITHUB_PRIVATE_KEY": r"a\nb\n"}, "a\nb\n", None),
        ({"GITHUB_PRIVATE_KEY_FILE": "/k.pem"}, None, Path("/k.pem")),
        ({"GITHUB_PRIVATE_KEY": "a", "GITHUB_PRIVATE_KEY_FILE": "/k.pem"}, "a", None),
    ],
)
def test_the_private_key_comes_as_text_or_as_a_file(env, key, file):
    seen = read_settings(HOME | {"GITHUB_APP_ID": "1"} | env, frozenset({Process.WORK}))
    text = seen.private_key.get_secret_value() if seen.private_key else None
    assert (text, seen.private_key_file) == (key, file)


def test_settings_print_without_their_secrets():
    env = LEAST | {"GITHUB_PRIVATE_KEY": "canary", "GITHUB_WEBHOOK_SECRET": "canary"}
    shown = repr(read_settings(env | {"DATABASE_URL": "postgresql://u:canary@h/n"}, EVERY))
    assert "canary" not in shown


def test_a_home_is_an_absolute_path():
    assert read_settings({}, frozenset()).home == Path.cwd() / ".greenroom"
