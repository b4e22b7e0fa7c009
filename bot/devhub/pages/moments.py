"""How long ago something was, in words."""

_MINUTE, _HOUR, _DAY = 60, 3600, 86400
_MONTH, _YEAR = 30 * _DAY, 365 * _DAY
_STEPS = ((_YEAR, "year"), (_MONTH, "month"), (_DAY, "day"), (_HOUR, "hour"), (_MINUTE, "minute"))


def ago(seconds: float) -> str:
    """Return `3 minutes ago` for a distance in seconds; what is yet to come is `just now`."""
    for step, name in _STEPS:
        if seconds >= step:
            count = int(seconds // step)
            return f"{count} {name}{'' if count == 1 else 's'} ago"
    return "just now"


def lasting(seconds: float) -> str:
    """Return `4s`, `2m 5s` or `1h 3m` for a duration in seconds."""
    whole = max(round(seconds), 0)
    if whole >= _HOUR:
        return f"{whole // _HOUR}h {whole % _HOUR // _MINUTE}m"
    if whole >= _MINUTE:
        return f"{whole // _MINUTE}m {whole % _MINUTE}s"
    return f"{whole}s"
