"""What goes of asks into the logs of their sessions: the entry of each, made from its row."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

import msgspec
from django.db.models import Q, QuerySet

from opencode.lib.clock import microseconds_of
from steering.models import Ask
from sync.models import Session
from sync.protocol.keys import ask_key
from sync.protocol.updates import Resolver, Stored, Update

AT_ONCE: Final = 200
UNPUBLISHED_RETRY: Final = timedelta(seconds=3)
REFUSED_RETRY: Final = timedelta(minutes=1)


class Projection(NamedTuple):
    """An ask's entry at `version`, for the session with this row id."""

    ask_id: str
    version: int
    session_id: int
    key: str
    content: str

    @property
    def resolve(self) -> Resolver:
        """Writes the entry unless what is stored is as new: ranks are the row's versions."""

        def newest(stored: Mapping[str, Stored]) -> list[Update]:
            now = stored.get(self.key)
            is_known = now is not None and now.rank >= self.version
            return [] if is_known else [Update(self.key, self.content, rank=self.version)]

        return newest


def projections_of(ask_ids: Sequence[str], *, now: datetime) -> list[Projection]:
    """The entries these asks should have."""
    return _projections(Ask.objects.filter(pk__in=ask_ids), now)


def projections_due(*, now: datetime) -> list[Projection]:
    """The entries that were not written yet: their session was not published, or the process that should died."""
    return _projections(Ask.objects.filter(projection_due_at__lte=now), now)


def projection_done(projection: Projection) -> None:
    """The entry is written, unless the ask has changed since."""
    Ask.objects.filter(pk=projection.ask_id, version=projection.version).update(projection_due_at=None)


def projection_put_off(projection: Projection, *, now: datetime) -> None:
    """The session refuses it, as one that is full does."""
    Ask.objects.filter(pk=projection.ask_id).update(projection_due_at=now + REFUSED_RETRY)


def _projections(asks: QuerySet[Ask], now: datetime) -> list[Projection]:
    found = list(asks.select_related("process__machine", "user").order_by("projection_due_at")[:AT_ONCE])
    _find_sessions([ask for ask in found if ask.session_id is None], now)
    return [_projection(ask, ask.session_id) for ask in found if ask.session_id is not None]


def _find_sessions(asks: Iterable[Ask], now: datetime) -> None:
    """Give each ask its session, if it is published by now: the person's own, or one that is nobody's."""
    for ask in asks:
        theirs = Q(created_by_id=ask.user_id) | Q(created_by=None)
        session = Session.objects.filter(theirs, owner_key=ask.workspace_id, client_id=ask.root_client_id).first()
        later = now + UNPUBLISHED_RETRY if ask.is_open and session is None else ask.projection_due_at
        if session is None and not ask.is_open:
            later = None
        ask.session, ask.projection_due_at = session, later
        Ask.objects.filter(pk=ask.pk).update(session=session, projection_due_at=later)


def _projection(ask: Ask, session_id: int) -> Projection:
    key = ask_key(ask.root_client_id, ask.client_id)
    return Projection(ask.pk, ask.version, session_id, key, msgspec.json.encode(ask_document(ask)).decode())


def ask_document(ask: Ask) -> dict[str, Any]:
    """What the entry says; once the ask has ended, no more of its content."""
    process = ask.process
    document: dict[str, Any] = {
        "ask": ask.pk,
        "id": ask.client_id,
        "kind": ask.kind,
        "state": ask.state,
        "person": ask.user.display_name,
        "machine": process.machine.name,
        "directory": process.directory,
        "session": ask.session_client_id,
        "root": ask.root_client_id,
        "asked_at": _ms(ask.asked_at),
        "changed_at": _ms(ask.changed_at),
    }
    if ask.is_open:
        document |= {"digest": ask.digest, "too_large": ask.is_too_large}
        document |= {"content": msgspec.Raw(ask.content.encode())} if ask.content else {}
    return document


def _ms(moment: datetime) -> int:
    return microseconds_of(moment) // 1000
