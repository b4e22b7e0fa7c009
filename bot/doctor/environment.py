"""The settings: every one that is missing or wrong, not only the first."""

from collections.abc import Iterator, Mapping

from bot.doctor.findings import Finding
from bot.model.errors import Misconfigured
from bot.model.settings import HINTS, VENDORS, Process, Settings, read_settings

KEYS = ("GITHUB_PRIVATE_KEY", "GITHUB_PRIVATE_KEY_FILE")
GOOD = {"GITHUB_APP_ID": "1", "GITHUB_PRIVATE_KEY": "x", "GITHUB_WEBHOOK_SECRET": "x"}
"""What lets the other settings be read, while one is looked at."""

MODELS = ("OPENAI_COMPATIBLE_KEY", *(key for key, _, _ in VENDORS.values()))
SECRET = ("GITHUB_PRIVATE_KEY", "GITHUB_WEBHOOK_SECRET", "DATABASE_URL", *MODELS)


def settings_findings(env: Mapping[str, str]) -> Iterator[Finding]:
    """Read each setting by itself, among good ones."""
    mistakes = {problem for name in HINTS if (problem := _mistake(env, name))}
    for problem in sorted(mistakes):
        name, _, rest = problem.partition(" ")
        what, _, remedy = rest.rstrip(".").partition(": ")
        yield Finding(
            where=name, what=what.removeprefix("is "), remedy=f"{remedy[:1].upper()}{remedy[1:]}"
        )
    if not mistakes:
        given = sum(1 for name in HINTS if env.get(name))
        yield Finding(where="settings", what=f"{given} given, the rest are defaults")


def models_finding(gateway: Settings) -> Finding:
    """Say which providers of models the gateway may ask."""
    known = ", ".join(sorted(gateway.providers))
    what = f"{known} can be asked" if known else "none is set up, for agents that need none"
    return Finding(where="models", what=what)


def readable(env: Mapping[str, str], *needs: Process) -> Settings | None:
    """Return the settings of some processes; None when they cannot be read."""
    try:
        return read_settings(env, frozenset(needs))
    except Misconfigured:
        return None


def secrets_in(env: Mapping[str, str]) -> list[str]:
    """Return every text in the secret settings that must not be shown, whole and in parts."""
    found = [env[name] for name in SECRET if env.get(name)]
    found += [part.strip() for text in found for part in text.split(",")]
    _, _, authority = env.get("DATABASE_URL", "").partition("://")
    _, _, password = authority.rpartition("@")[0].partition(":")
    return [text for text in (*found, password) if text]


def _mistake(env: Mapping[str, str], name: str) -> str | None:
    looked_at = KEYS if name in KEYS else (name,)
    others = {key: value for key, value in GOOD.items() if key not in looked_at}
    given = {key: env[key] for key in looked_at if key in env}
    try:
        read_settings({**others, **given}, frozenset(Process))
    except Misconfigured as problem:
        return str(problem)
    return None
