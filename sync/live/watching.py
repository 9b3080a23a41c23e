"""The rows that open connections depend on, and whether they are still valid: one query for all a process watches."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session as BrowserSession
from django.db.models import Case, CharField, Exists, F, OuterRef, Q, QuerySet, Value, When
from django.db.models.functions import Cast

from accounts.models import Device
from opencode.lib.clock import utc_now
from sync.models import Session
from sync.protocol.positions import Position
from sync.sharing import live_shares
from workspaces.models import APIKey, Membership


class WatchedFacts(NamedTuple):
    """Ids of the rows that open connections depend on, by kind."""

    shares: frozenset[str]
    keys: frozenset[str]
    memberships: frozenset[str]
    devices: frozenset[str] = frozenset()
    browsers: frozenset[str] = frozenset()


NOTHING_WATCHED: Final = WatchedFacts(frozenset(), frozenset(), frozenset())


class SocketFacts(NamedTuple):
    """The rows as they are now: the head by session, and which of the watched rows are still valid.

    `unmasked` are the live shares that show secrets to readers who have only the link.
    """

    sessions: Mapping[int, Position]
    alive: WatchedFacts
    unmasked: frozenset[str] = frozenset()


_KINDS: Final = ("share", "key", "membership", "device", "browser")


def facts_now(session_ids: Sequence[int], watched: WatchedFacts) -> SocketFacts:
    """Read, in one query, the heads of these sessions and which of the watched rows are still valid.

    A session that is not in the result is gone.
    """
    sessions: dict[int, Position] = {}
    alive: dict[str, set[str]] = {kind: set() for kind in _KINDS}
    unmasked: set[str] = set()
    for kind, name, epoch, number in _facts_query(session_ids, watched):
        if kind == "session":
            sessions[int(name)] = Position(epoch, number)
            continue
        alive[kind].add(name)
        if kind == "share" and number:
            unmasked.add(name)
    return SocketFacts(sessions, WatchedFacts(*(frozenset(alive[kind]) for kind in _KINDS)), frozenset(unmasked))


def _facts_query(session_ids: Sequence[int], watched: WatchedFacts) -> Iterable[tuple[str, str, str, int]]:
    now = utc_now()
    unexpired = Q(expires_at=None) | Q(expires_at__gt=now)
    open_workspace = Q(workspace__deleted_at=None, workspace__blocked_at=None)
    sessions = Session.objects.filter(id__in=session_ids).order_by()
    shares = live_shares().filter(id__in=watched.shares).order_by()
    person_active = Q(user=None) | Q(user__is_active=True)
    keys = APIKey.objects.filter(
        unexpired, person_active, open_workspace, id__in=watched.keys, revoked_at=None
    ).order_by()
    memberships = Membership.objects.filter(open_workspace, id__in=watched.memberships, user__is_active=True).order_by()
    devices = Device.objects.filter(id__in=watched.devices, revoked_at=None, user__is_active=True).order_by()
    # A subquery for each row: given the list of all live browser sessions, SQLite would read every one of them.
    signed_in = BrowserSession.objects.filter(session_key=OuterRef("session_key"), expire_date__gt=now)
    browsers = UserSession.objects.filter(Exists(signed_in), id__in=watched.browsers).order_by()
    first = sessions.annotate(fact=Value("session"), row=Cast("id", CharField())).values_list(
        "fact", "row", "epoch", "head_seq"
    )
    others = [_named(*each) for each in zip(_KINDS, (shares, keys, memberships, devices, browsers), strict=True)]
    return first.union(*others, all=True)


def _named(kind: str, rows: QuerySet[Any]) -> QuerySet[Any, Any]:
    """The rows as (kind, id, "", number), with ids as text: those of browser sessions are numbers.

    The number is 1 for shares that show secrets, else 0.
    """
    named: QuerySet[Any, Any] = rows.annotate(
        fact=Value(kind),
        row=Cast("id", CharField()) if kind == "browser" else F("id"),
        no_epoch=Value(""),
        number=Case(When(masks_secrets=False, then=Value(1)), default=Value(0)) if kind == "share" else Value(0),
    ).values_list("fact", "row", "no_epoch", "number")
    return named
