"""Numbers the publishes of one locked session and gathers the rows they write. No SQL here."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from opencode.lib.errors import Denial
from sync.errors import EntryTooLarge, SessionFull
from sync.protocol.updates import Numbered, PublishReceipt, Stored, Update
from sync.store import EntryWrite, HeadWrite, LockedSession, OperationWrite, RankWrite, StoredEntry
from sync.writer.limits import WriteLimits
from sync.writer.publish import Publish, SessionCommit

_ABSENT: Final = StoredEntry(0, Stored("", 0, True))


class SessionBatch:
    """The publishes of one session in one commit, applied in order to its locked row."""

    def __init__(self, session: LockedSession, entries: Mapping[str, StoredEntry], limits: WriteLimits) -> None:
        self.session = session
        self.head = session.head_seq
        self.count = session.entry_count
        self.bytes = session.content_bytes
        self.before = entries
        self.entries = dict(entries)
        self.limits = limits
        self.writes: dict[str, EntryWrite] = {}
        self.ranks: dict[str, RankWrite] = {}
        self.operations: list[OperationWrite] = []
        self.commit = SessionCommit(session.id, session.epoch, session.head_seq + 1, session.head_seq)

    def apply(self, publish: Publish, now: Any) -> None:
        """Number the publish and set its outcome; a denial leaves the batch as it was. `now` is a `stored_moment`."""
        try:
            updates, repeats = publish.updates, list[Update]()
            if publish.resolve is not None:
                updates, repeats = self._repeats_apart(publish.resolve(self._stored(publish.keys)))
            sizes = [len(update.content.encode()) for update in updates]
            self._check(updates, sizes)
        except Denial as denial:
            publish.outcome = denial
            return
        first = self.head + 1
        for update, size in zip(updates, sizes, strict=True):
            self._put(update, size)
        for update in repeats:
            self._raise_rank(update)
        publish.outcome = PublishReceipt(self.session.epoch, first, self.head)
        if publish.operation_id is not None:
            self.operations.append(OperationWrite(self.session.id, publish.operation_id, first, self.head, now))

    @property
    def head_write(self) -> HeadWrite:
        turn_seq = self.head if self.has_turns else self.session.turn_seq
        return HeadWrite(self.head, self.count, self.bytes, turn_seq, self.session.id)

    @property
    def has_turns(self) -> bool:
        """Whether the session's turns were right before this commit, so that changes to them keep them right."""
        return self.session.turn_seq == self.session.head_seq

    def content_before(self, key: str) -> str:
        """The key's content before this commit; empty when there was none or it was not read."""
        return self.before[key].stored.content if key in self.before else ""

    def _stored(self, keys: Sequence[str]) -> dict[str, Stored]:
        return {key: self.entries[key].stored for key in keys if key in self.entries}

    def _repeats_apart(self, resolved: Sequence[Update]) -> tuple[list[Update], list[Update]]:
        """Split the resolved updates into news and repeats of what is stored, which get a later rank but no number."""
        news: list[Update] = []
        repeats: list[Update] = []
        for update in resolved:
            known = self.entries.get(update.key, _ABSENT).stored
            is_repeat = not update.deleted and not known.deleted and known.content == update.content
            (repeats if is_repeat else news).append(update)
        return news, repeats

    def _raise_rank(self, update: Update) -> None:
        before = self.entries[update.key]
        self.entries[update.key] = before._replace(stored=before.stored._replace(rank=update.rank))
        if update.key in self.writes:
            self.writes[update.key] = self.writes[update.key]._replace(rank=update.rank)
        else:
            self.ranks[update.key] = RankWrite(update.rank, self.session.id, update.key)

    def _check(self, updates: Sequence[Update], sizes: list[int]) -> None:
        if sizes and max(sizes) > self.limits.entry_bytes:
            raise EntryTooLarge(limit=self.limits.entry_bytes)
        count, total = self.count, self.bytes
        seen: dict[str, tuple[bool, int]] = {}
        for update, size in zip(updates, sizes, strict=True):
            before = self.entries.get(update.key, _ABSENT)
            was_deleted, was_size = seen.get(update.key, (before.stored.deleted, before.size))
            count += was_deleted - update.deleted
            total += size - was_size
            seen[update.key] = (update.deleted, size)
        if count > max(self.limits.entries, self.count):
            raise SessionFull(limit=self.limits.entries, used=self.count)
        if total > max(self.limits.bytes, self.bytes):
            raise SessionFull(limit=self.limits.bytes, used=self.bytes)

    def _put(self, update: Update, size: int) -> None:
        before = self.entries.get(update.key, _ABSENT)
        self.head += 1
        self.ranks.pop(update.key, None)
        self.count += before.stored.deleted - update.deleted
        self.bytes += size - before.size
        self.entries[update.key] = StoredEntry(size, Stored(update.content, update.rank, update.deleted))
        self.writes[update.key] = EntryWrite(
            self.session.id, update.key, self.head, update.rank, update.content, size, update.deleted
        )
        self.commit.updates.append(Numbered(self.head, update.key, update.content, update.deleted))
        self.commit.last = self.head
