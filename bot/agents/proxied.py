"""How programs in a box are told of the hosts that they may reach, and of the way there."""

from collections.abc import Mapping, Sequence

from bot.model.inside import PROXY


def proxy(hosts: Sequence[str]) -> Mapping[str, str]:
    """Return the variables by which most programs find a proxy, in both of their spellings.

    Nobody is told of one that leads nowhere.
    """
    if not hosts:
        return {}
    address = f"http://127.0.0.1:{PROXY}"
    common = {"HTTPS_PROXY": address, "ALL_PROXY": address, "NO_PROXY": "127.0.0.1,localhost"}
    lower = {name.lower(): value for name, value in common.items()}
    return {**common, **lower, "GREENROOM_EGRESS": " ".join(hosts)}
