"""The documents of the index: whether a session's is up to date, writing it, finding sessions by their words."""

from typing import Final, NamedTuple

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, QuerySet, Value
from django.db.models.functions import Lower

from sync.masking import RULES_VERSION
from sync.models import Session, SessionSearch
from sync.search.engines import SearchTooLong, engine
from sync.search.words import QueryWord, query_words, workspace_word
from workspaces.models import Workspace

VERSION: Final = 100 + RULES_VERSION
"""Of the rules by which documents are made and secrets found; where it is another, `search_rebuild` makes one anew."""
MOST_FOUND: Final = 1_000
MOST_DUE: Final = 500


class Found(NamedTuple):
    """Row ids, about MOST_FOUND at most: those of the sessions made last. `is_all` is False when there are more.

    `is_specific` is False when the query has no word to look for, `in_time` when the search took too long.
    """

    ids: tuple[int, ...] = ()
    is_all: bool = True
    is_specific: bool = True
    in_time: bool = True


def sessions_find(workspace: Workspace, query: str) -> Found:
    """The workspace's sessions in which every word of the query stands, however it was typed; or whose id it is.

    Those that changed within the last seconds are found by their titles, until the index has them. The caller reads the
    sessions by their workspace once more: the index is a copy, and decides nothing about rights.
    """
    words = query_words(query)
    known = set(_by_name(workspace, query))
    if not words:
        return Found(tuple(known), is_specific=bool(known))
    try:
        ids = engine().find([QueryWord(workspace_word(workspace.pk), False), *words], MOST_FOUND + 1)
    except SearchTooLong:
        return Found(tuple(known), is_all=False, in_time=False)
    return Found(tuple(known.union(ids[:MOST_FOUND])), is_all=len(ids) <= MOST_FOUND)


def _by_name(workspace: Workspace, query: str) -> list[int]:
    """By the client's id, and those that wait to be indexed by their titles."""
    due = (
        Session.objects.filter(snapshot_due_at__isnull=False).order_by("-snapshot_due_at").values_list("pk", flat=True)
    )
    # Lower-cased here: on the server stack text compares by its bytes, even with `icontains`.
    waiting = Session.objects.filter(pk__in=list(due[:MOST_DUE]), workspace=workspace).annotate(folded=Lower("title"))
    by_title = waiting.filter(folded__contains=Lower(Value(query))).order_by()
    by_id = Session.objects.filter(owner_key=workspace.pk, client_id=query).order_by()
    return [*by_title.values_list("pk", flat=True), *by_id.values_list("pk", flat=True)]


def is_indexed(session: Session) -> bool:
    """Whether the session's document is of its present state, as `session` has it."""
    return SessionSearch.objects.filter(
        session=session.pk, epoch=session.epoch, seq=session.head_seq, version=VERSION
    ).exists()


def unindexed_sessions() -> QuerySet[Session]:
    """Sessions of workspaces whose document is missing, or of another state or version; in no order."""
    right = SessionSearch.objects.filter(
        session=OuterRef("pk"), epoch=OuterRef("epoch"), seq=OuterRef("head_seq"), version=VERSION
    )
    return Session.objects.filter(~Exists(right), workspace__isnull=False, head_seq__gt=0)


def index_write(*, session_id: int, epoch: str, seq: int, words: str) -> bool:
    """Make `words` the session's document, of its state at `seq`; False when it is gone, or has a newer document."""
    with transaction.atomic():
        session = Session.objects.select_for_update().filter(pk=session_id, epoch=epoch).values_list("pk").first()
        if session is None:
            return False
        newer = SessionSearch.objects.filter(pk=session_id, epoch=epoch, seq__gt=seq, version=VERSION)
        if newer.exists():
            return False
        values = {"epoch": epoch, "seq": seq, "version": VERSION}
        same = SessionSearch.objects.filter(pk=session_id, words=words)
        # What stays as it is costs the index nothing.
        if not same.update(**values):
            SessionSearch.objects.update_or_create(pk=session_id, defaults={**values, "words": words})
    return True


def index_is_made() -> bool:
    """Whether the database has the engine's index."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            return "sync_sessionsearch_words" in connection.introspection.table_names(cursor)
        return "session_search_words" in connection.introspection.get_constraints(cursor, "sync_sessionsearch")
