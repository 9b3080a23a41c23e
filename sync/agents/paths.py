"""The agents' addresses, and what each takes. Pure."""

from typing import Final, NamedTuple


class Route(NamedTuple):
    """What an address means; `token` is the share token of `/w/<token>/…`, `share_id` the share it names.

    `is_account` is set below `/api/shares`, where agents that are signed in show their access token.
    """

    name: str
    token: str = ""
    share_id: str = ""
    is_account: bool = False


METHODS: Final = {
    "create": ("POST",),
    "sync": ("POST",),
    "share": ("DELETE",),
    "data": ("GET", "HEAD"),
    "share_create": ("POST",),
    "share_sync": ("POST",),
    "share_delete": ("POST",),
    "share_delete_admin": ("POST",),
    "share_data": ("GET", "HEAD"),
    "share_poll": ("GET", "HEAD"),
}
_OLDER: Final = frozenset(name for name in METHODS if name.startswith("share_"))
_WORKSPACE_PREFIX: Final = "w"


def is_agent_path(path: str) -> bool:
    """Whether the path belongs to the agents' routes, known or not: those answer in JSON and never redirect."""
    first, *rest = _segments(path) or [""]
    return first == _WORKSPACE_PREFIX or first in _OLDER or (first == "api" and rest[:1] in (["share"], ["shares"]))


def route_of(path: str) -> Route | None:
    """The route of a path, None for an unknown one; doubled and trailing slashes are ignored."""
    segments = _segments(path)
    token = ""
    if segments[:1] == [_WORKSPACE_PREFIX]:
        if len(segments) < 2:
            return None
        token, segments = segments[1], segments[2:]
    if len(segments) == 1 and segments[0] in _OLDER:
        return Route(segments[0], token)
    is_account = segments[:2] == ["api", "shares"] and not token
    if segments[:2] != ["api", "share"] and not is_account:
        return None
    match segments[2:]:
        case []:
            return Route("create", token, "", is_account)
        case [share_id]:
            return Route("share", token, share_id, is_account)
        case [share_id, ("sync" | "data") as name]:
            return Route(name, token, share_id, is_account)
    return None


def _segments(path: str) -> list[str]:
    return [segment for segment in path.split("/") if segment]
