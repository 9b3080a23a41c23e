"""Replays recorded agent traffic to another server, whose share ids, secrets and links replace the recorded ones.

A recording holds one JSON object a line: `{t, method, path, body, status, response, …}`; `t` in seconds.
"""

import json
from collections.abc import Iterable
from typing import Any, Final, NamedTuple

_CREATES: Final = ("/api/share", "/share_create")
_ENDS: Final = ("/share_delete",)
_SYNC: Final = "/share_sync"
_NEWER: Final = "/api/share/"


class RecordingUnreadable(ValueError):
    """The file is not a recording; the text says why, with the line if there is one."""


class Recorded(NamedTuple):
    """One recorded request; `t` is in seconds since the first."""

    t: float
    method: str
    path: str
    body: Any
    status: int | None
    response: Any


class Call(NamedTuple):
    """A request to send. `creates` marks a create, `ends` an unshare."""

    method: str
    path: str
    body: Any
    creates: bool
    ends: bool


class Skipped(NamedTuple):
    """A recorded request that is not sent, and why."""

    reason: str


def read_recording(lines: Iterable[str]) -> list[Recorded]:
    """The requests of a recording; raises RecordingUnreadable."""
    found = [_read_line(number, line) for number, line in enumerate(lines, 1) if line.strip()]
    if not found:
        raise RecordingUnreadable("it holds no requests")
    return [request._replace(t=request.t - found[0].t) for request in found]


def _read_line(number: int, line: str) -> Recorded:
    try:
        value = json.loads(line)
        method, path, status = value["method"], value["path"], value.get("status")
        if not isinstance(method, str) or not isinstance(path, str) or not isinstance(status, int | None):
            raise TypeError
        return Recorded(float(value["t"]), method, path, value.get("body"), status, value.get("response"))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise RecordingUnreadable(f"line {number} is no recorded request") from None


class Replay:
    """Turns recorded requests into calls, learning the server's own ids, secrets and links from its answers."""

    def __init__(self, new_session_ids: dict[str, str] | None = None) -> None:
        self._texts: dict[str, str] = dict(new_session_ids or {})
        self._shares: set[str] = set()
        self.links: list[str] = []

    def call_of(self, request: Recorded) -> Call | Skipped:
        """What to send for a recorded request, or why nothing is."""
        if request.status is None:
            return Skipped("it arrives whole further on")
        if request.path in _CREATES and request.method == "POST":
            refused = request.status >= 400
            return Skipped("the recorded create failed") if refused else self._call(request, creates=True, ends=False)
        if request.path.startswith(_NEWER):
            known = request.path.split("/")[3] in self._shares
            return self._call(request, creates=False, ends=request.method == "DELETE") if known else _UNKNOWN_SHARE
        if request.path in (*_ENDS, _SYNC):
            secret = request.body.get("secret") if isinstance(request.body, dict) else None
            known = secret in self._texts
            return self._call(request, creates=False, ends=request.path in _ENDS) if known else _UNKNOWN_SHARE
        return Skipped("it is no share call")

    def learn(self, request: Recorded, answer: Any) -> str | None:
        """Learn the server's ids, secret and link from its answer to a create; returns the link, if there is one."""
        recorded = request.response
        if not isinstance(recorded, dict) or not isinstance(answer, dict):
            return None
        names = [name for name in ("id", "secret", "url") if _are_texts(recorded.get(name), answer.get(name))]
        if "id" in names:
            self._shares.add(recorded["id"])
        # A recorded share id is part of the recorded session id as well, so only whole strings are replaced.
        self._texts |= {recorded[name]: answer[name] for name in names}
        link = answer.get("url")
        if not isinstance(link, str):
            return None
        if link not in self.links:
            self.links.append(link)
        return link

    def _call(self, request: Recorded, *, creates: bool, ends: bool) -> Call:
        path = "/".join(self._texts.get(segment, segment) for segment in request.path.split("/"))
        return Call(request.method, path, self._fitted(request.body), creates, ends)

    def _fitted(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {name: self._fitted(child) for name, child in value.items()}
        if isinstance(value, list):
            return [self._fitted(child) for child in value]
        if not isinstance(value, str):
            return value
        # An older sync's key holds the session's id between slashes.
        is_key = value.startswith("session/")
        return "/".join(self._texts.get(s, s) for s in value.split("/")) if is_key else self._texts.get(value, value)


_UNKNOWN_SHARE: Final = Skipped("its share was not created in this replay")


def session_ids_of(requests: Iterable[Recorded]) -> list[str]:
    """The ids of the sessions a recording creates shares of, each once."""
    bodies = [request.body for request in requests if request.path in _CREATES and isinstance(request.body, dict)]
    return list(dict.fromkeys(body["sessionID"] for body in bodies if isinstance(body.get("sessionID"), str)))


def _are_texts(*values: Any) -> bool:
    return all(isinstance(value, str) and value for value in values)
