"""The hub of one session: takes numbered updates in any order and keeps one gapless log for its readers."""

import asyncio
from typing import Final

import structlog

from sync.live.hub.board import PresenceBoard
from sync.live.hub.frame import PART_ROWS, Frame, covered_to, frame_of_state
from sync.live.hub.log import FrameLog
from sync.live.hub.state import EncodedState
from sync.live.hub.surroundings import Ended, Load, Range, ReaderEnded, WaitingReader
from sync.live.hub.window import FlushWindow
from sync.protocol.closing import CloseCode
from sync.protocol.frames import heartbeat_text, wire_of
from sync.protocol.positions import Position

log = structlog.get_logger(__name__)
GAP_SECONDS: Final = 0.05
# After a read that failed the next one waits twice as long, and never longer than a heartbeat.
GAP_LONGEST_SECONDS: Final = 4.0
STATE_TAIL_BYTES: Final = 128 * 1024
STATE_KEPT_SECONDS: Final = 10
FRAMES_KEPT_SECONDS: Final = 15


class SessionHub:
    """The hub of one session. `load(session_id, since, rows)` reads the state off the event loop; all else runs on it.

    `ended(session_id, code)` is called when the hub ends its readers, so that connections which are not waiting here
    end too.
    """

    def __init__(
        self, session_id: int, load: Load, ended: Ended | None = None, presence: PresenceBoard | None = None
    ) -> None:
        self.session_id = session_id
        self.epoch = ""
        self.last = -1
        self.readers = 0
        self.idle_since = 0.0
        self.presence = presence or PresenceBoard()
        self.presence_told = 0
        self.beats = 0
        self.heartbeat = ""
        self.frames = FrameLog()
        self._load = load
        self._tell_end = ended
        self._window = FlushWindow(self._flush)
        self._early: dict[int, Range] = {}
        self._known_head = -1
        self._parked: set[WaitingReader] = set()
        self._ended: CloseCode | None = None
        self._state: EncodedState | None = None
        self._state_at = 0.0
        self._loading: asyncio.Future[EncodedState] | None = None
        self._repair: asyncio.Task[None] | None = None
        self._gap_timer: asyncio.TimerHandle | None = None
        self._gap_seconds = GAP_SECONDS

    # --- what comes in

    def deliver(self, update: Range) -> None:
        """Take a committed range: append what follows, drop what is known, hold what is early, repair gaps."""
        if self._ended is not None:
            return
        if self.last < 0:
            # Committed while the first read is under way: the read may or may not have it.
            self._early[update.first] = update
        elif update.epoch != self.epoch:
            self.check(Position(update.epoch, update.last))
        elif update.last <= self.last:
            return
        elif update.first > self.last + 1:
            self._early[update.first] = update
            self._watch_gap()
        elif update.pieces is None:
            self._start_repair()
        else:
            self._append(update)
            self._take_early()

    def check(self, head: Position | None) -> None:
        """Compare with the row as the database has it now; None when the session is gone."""
        if self.last < 0 or self._ended is not None:
            return
        if head is None or head.epoch != self.epoch:
            self.end(CloseCode.SESSION_REMOVED if head is None else CloseCode.EPOCH_CHANGED)
        elif head.seq > self.last:
            # Most often the updates are on their way to the loop already: the database is read only if they stay away.
            self._known_head = max(self._known_head, head.seq)
            self._watch_gap()

    def end(self, code: CloseCode) -> None:
        """End every reader with this close code."""
        self._ended = code
        self._window.cancel()
        self._wake()
        if self._tell_end is not None:
            self._tell_end(self.session_id, code)

    def trim(self, now: float) -> None:
        """Drop the encoded state when no reader joined for a while, and frames that only a lost reader would want."""
        self.frames.expire(now - FRAMES_KEPT_SECONDS)
        if self._state is not None and now - self._state_at > STATE_KEPT_SECONDS:
            self._state = None

    @property
    def is_ended(self) -> bool:
        return self._ended is not None

    @property
    def is_busy(self) -> bool:
        """Whether a read of the database is under way, or about to be."""
        return self._loading is not None or self._repair is not None or self._gap_timer is not None

    # --- what goes out

    @property
    def head(self) -> Position:
        """The newest position this hub knows; its `seq` is -1 before the session is loaded."""
        return Position(self.epoch, self.last)

    async def open(self) -> Position:
        """The head a reader joins at; the first reader loads the session. Raises ReaderEnded."""
        if self.last < 0:
            await self.whole_state()
        self.raise_if_ended()
        return self.head

    async def whole_state(self) -> EncodedState:
        """The whole state, encoded once for all readers who join while the log still reaches back to it."""
        kept = self._state
        if kept is not None and kept.position.epoch == self.epoch:
            tail = self.frames.bytes_after(kept.position.seq) if kept.position.seq < self.flushed else 0
            if tail is not None and tail <= STATE_TAIL_BYTES + kept.size // 4:
                self._state_at = asyncio.get_running_loop().time()
                return kept
        if self._loading is None:
            self._loading = asyncio.ensure_future(self._read_state())
            self._loading.add_done_callback(self._loaded)
        return await asyncio.shield(self._loading)

    async def catch_up(self) -> None:
        """Read what the database has beyond the log, for a reader that claims to know more than this hub."""
        self._start_repair()
        if self._repair is not None:
            await asyncio.shield(self._repair)
        self.raise_if_ended()

    async def state_after(self, seq: int) -> Frame | None:
        """The next part after `seq`, from the database, for a reader off the log, or None. Raises ReaderEnded."""
        state = await self._load(self.session_id, seq, PART_ROWS)
        if state is None or state.epoch != self.epoch:
            raise ReaderEnded(CloseCode.SESSION_REMOVED if state is None else CloseCode.EPOCH_CHANGED)
        to = covered_to(state, PART_ROWS)
        return frame_of_state(state.epoch, seq, to, state.rows) if to > seq else None

    @property
    def flushed(self) -> int:
        """The number up to which updates left the merge window."""
        return self.last - self._window.count

    @property
    def heartbeat_now(self) -> str:
        """A heartbeat with the head as this hub knows it; empty before the session is loaded."""
        return heartbeat_text(self.head) if self.last >= 0 else ""

    def beat(self) -> None:
        """Send a heartbeat to every reader that is up to date."""
        self.beats += 1
        self.heartbeat = self.heartbeat_now
        wire = wire_of(self.heartbeat)
        for reader in tuple(self._parked):
            reader.beat(wire)

    def publish_presence(self) -> None:
        """Send the presence frame to every reader that is up to date."""
        self.presence_told += 1
        self._wake()

    def raise_if_ended(self) -> None:
        if self._ended is not None:
            raise ReaderEnded(self._ended)

    def park(self, reader: "WaitingReader") -> None:
        """Give or wake this reader at the next frame, heartbeat or end."""
        self._parked.add(reader)

    def unpark(self, reader: "WaitingReader") -> None:
        self._parked.discard(reader)

    # --- inside

    def _append(self, update: Range) -> None:
        known = self.last + 1 - update.first
        pieces = update.pieces or []
        # Before adding: a full window is flushed at once, and its frame is numbered back from `last`.
        self.last = update.last
        self._window.add(pieces[known:] if known else pieces, self.readers)

    def _take_early(self) -> None:
        for first in sorted(self._early):
            update = self._early[first]
            if update.last <= self.last:
                del self._early[first]
            elif first <= self.last + 1 and update.pieces is not None:
                del self._early[first]
                self._append(update)
            else:
                break
        if self._early or self._known_head > self.last:
            self._watch_gap()
            return
        self._gap_seconds = GAP_SECONDS
        if self._gap_timer is not None:
            self._gap_timer.cancel()
            self._gap_timer = None

    def _watch_gap(self) -> None:
        if self._gap_timer is None:
            self._gap_timer = asyncio.get_running_loop().call_later(self._gap_seconds, self._gap_due)

    def _gap_due(self) -> None:
        self._gap_timer = None
        if self._early or self._known_head > self.last:
            self._start_repair()

    def _start_repair(self) -> None:
        if self._gap_timer is not None:
            self._gap_timer.cancel()
            self._gap_timer = None
        if self._repair is None and self._ended is None:
            self._repair = asyncio.ensure_future(self._repair_gap())

    async def _repair_gap(self) -> None:
        """Read what is missing from the database; it covers its range by the newest value of each key."""
        try:
            while await self._repair_part():
                pass
            self._gap_seconds = GAP_SECONDS
        except Exception:
            self._gap_seconds = min(2 * self._gap_seconds, GAP_LONGEST_SECONDS)
            log.exception("gap_repair_failed", session=self.session_id)
        finally:
            self._repair = None
            self._take_early()

    async def _repair_part(self) -> bool:
        """Read and append one part of what is missing; whether there is more."""
        state = await self._load(self.session_id, self.last, PART_ROWS)
        if state is None or state.epoch != self.epoch:
            self.end(CloseCode.SESSION_REMOVED if state is None else CloseCode.EPOCH_CHANGED)
            return False
        rows = [row for row in state.rows if row.seq > self.last]
        to = covered_to(state, PART_ROWS)
        if to > self.last:
            self._window.flush()
            frame = frame_of_state(state.epoch, self.last, to, rows)
            self.last = frame.last
            self._publish(frame)
        return state.head > self.last

    async def _read_state(self) -> EncodedState:
        state = await self._load(self.session_id, 0, None)
        if state is None:
            self.end(CloseCode.SESSION_REMOVED)
            raise ReaderEnded(CloseCode.SESSION_REMOVED)
        if self.last < 0:
            self.epoch, self.last = state.epoch, state.head
            self._early = {first: update for first, update in self._early.items() if update.epoch == state.epoch}
            self._take_early()
        elif state.epoch != self.epoch:
            self.end(CloseCode.EPOCH_CHANGED)
            raise ReaderEnded(CloseCode.EPOCH_CHANGED)
        self._state = EncodedState(state)
        self._state_at = asyncio.get_running_loop().time()
        self.check(Position(state.epoch, state.head))
        return self._state

    def _loaded(self, _future: "asyncio.Future[EncodedState]") -> None:
        self._loading = None
        if not _future.cancelled():
            _future.exception()

    def _flush(self, pieces: list[str]) -> None:
        first = self.last - len(pieces) + 1
        self._publish(Frame(self.epoch, first, self.last, range(first, self.last + 1), pieces))

    def _publish(self, frame: Frame) -> None:
        ordinal = self.frames.append(frame, asyncio.get_running_loop().time())
        for reader in tuple(self._parked):
            reader.give(frame, ordinal)
        frame.invalidate_wire()

    def _wake(self) -> None:
        for reader in tuple(self._parked):
            reader.wake()
