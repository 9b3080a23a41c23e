"""Secrets in a session, for its members: how many of which kind links hide, and which are this console's own.

Counted when a member looks, a bounded time for each look, and only what came since the last one. What was found is kept
in memory: kinds and ids, never a secret.
"""

import threading
import time
from collections import Counter
from collections.abc import Sequence
from typing import Final, NamedTuple

from opencode.lib.caching import BoundedCache
from sync.archive import read_warm
from sync.masking import mask_entry
from sync.models import Session
from sync.store import StateRow, read_piece
from workspaces.keys.format import is_whole, secrets_in
from workspaces.models import APIKey, ShareToken
from workspaces.selectors.credentials import credential_of

SCANNED_SESSIONS: Final = 200
# Beyond so many entries with secrets nobody counts on.
FOUND_ENTRIES: Final = 500


class SecretsFound(NamedTuple):
    """`kinds` is (kind, how many), the most frequent first; `is_complete` unless there was no time to read it all.

    `keys` and `tokens` are the console's own that stand in the session, revoked ones too.
    """

    kinds: tuple[tuple[str, int], ...]
    keys: tuple[APIKey, ...]
    tokens: tuple[ShareToken, ...]
    is_complete: bool

    @property
    def total(self) -> int:
        return sum(number for _, number in self.kinds)


class _Scan:
    """What was found in the entries up to the number `through`, by key."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.through = 0
        self.is_complete = False
        self.kinds: dict[str, tuple[str, ...]] = {}
        self.own: dict[str, frozenset[str]] = {}

    def take(self, row: StateRow) -> None:
        self.kinds.pop(row.key, None)
        self.own.pop(row.key, None)
        kinds = mask_entry(row.content).kinds
        if not kinds:
            return
        self.kinds[row.key] = kinds
        found = [credential_of(secret) for secret in secrets_in(row.content) if is_whole(secret)]
        own = frozenset(credential.pk for credential in found if credential is not None)
        if own:
            self.own[row.key] = own


_SCANS: Final[BoundedCache[str, _Scan]] = BoundedCache(SCANNED_SESSIONS)


def session_secrets(session: Session, *, seconds: float) -> SecretsFound:
    """Count for about that long, where the last look ended. Keys and tokens of other workspaces are left out."""
    scan = _SCANS.get_or_make(session.epoch, _Scan)
    # Another look that counts at the moment finds what this one would.
    if scan.lock.acquire(blocking=False):
        try:
            _read_on(scan, session.pk, time.monotonic() + seconds)
        finally:
            scan.lock.release()
    kinds = Counter(kind for found in list(scan.kinds.values()) for kind in found)
    ids = {pk for found in list(scan.own.values()) for pk in found}
    return SecretsFound(tuple(kinds.most_common()), *_credentials(session, list(ids)), scan.is_complete)


def findings_invalidate(epoch: str) -> None:
    """Drop what was found in an erased session."""
    _SCANS.discard(epoch)


def _read_on(scan: _Scan, session_id: int, until: float) -> None:
    while len(scan.kinds) < FOUND_ENTRIES:
        piece = read_warm(read_piece, session_id, scan.through)
        if piece is None:
            return
        for row in piece.rows:
            scan.take(row)
        scan.through = piece.through
        scan.is_complete = piece.through >= piece.head
        if scan.is_complete or time.monotonic() >= until:
            return


def _credentials(session: Session, ids: Sequence[str]) -> tuple[tuple[APIKey, ...], tuple[ShareToken, ...]]:
    if not ids:
        return (), ()
    keys = APIKey.objects.filter(pk__in=ids, workspace_id=session.workspace_id).select_related("user").order_by("pk")
    tokens = ShareToken.objects.filter(pk__in=ids, workspace_id=session.workspace_id).order_by("pk")
    return tuple(keys), tuple(tokens)
