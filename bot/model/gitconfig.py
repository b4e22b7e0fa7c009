"""Git's settings, given to one process of it by its environment."""

from collections.abc import Iterable


def git_config(settings: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return the environment that makes git read these settings, and none of the machine's.

    https://git-scm.com/docs/git-config#ENVIRONMENT
    """
    listed = tuple(settings)
    keys = {f"GIT_CONFIG_KEY_{at}": key for at, (key, _) in enumerate(listed)}
    values = {f"GIT_CONFIG_VALUE_{at}": value for at, (_, value) in enumerate(listed)}
    return {
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": "/dev/null",
        "GIT_CONFIG_COUNT": str(len(listed)),
        **keys,
        **values,
    }
