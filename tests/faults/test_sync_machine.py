"""Writers, readers and processes in every order Hypothesis finds, on the real writer, store, hubs and snapshots.

What goes between the processes is lost, doubled and reordered; processes die with commits under way; readers come back
as of any moment; the session leaves for its snapshot. At the end everybody has the same state, and every number was
given once.
"""

import asyncio
import io
import json
import os
from collections.abc import Coroutine
from itertools import chain, count
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from sync.archive.cold import read_warm, session_warm
from sync.archive.cold.cooling import session_cool
from sync.archive.snapshots import FORMAT, SnapshotHeader, pack, unpack
from sync.live.hub import session
from sync.live.publishing import session_publish_sync
from sync.live.runtime import Runtime
from sync.models import Session
from sync.protocol.positions import Position
from sync.protocol.updates import Update
from sync.store import read_state, read_whole
from tests.faults.members import Operation, Reader, State, Truth
from tests.faults.mortal import runtime_killed, runtime_started
from tests.faults.wire import Wire

pytestmark = pytest.mark.django_db(transaction=True)
IS_LONG = bool(os.environ.get("OPENCODE_PROVE"))
EXAMPLES, STEPS = (1500, 60) if IS_LONG else (50, 40)
COSTS = settings(
    deadline=None,
    max_examples=EXAMPLES,
    stateful_step_count=STEPS,
    # What fails hangs on threads too: shrinking would take long and find something else.
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
PROCESSES = 2
ACKNOWLEDGED_SECONDS = 10
KEYS = [f"session/part/s/m/p{number}" for number in range(6)]
# A log of one frame, of some, of all: readers fall off it and take the state.
LOG_BYTES = [1, 600, 10_000_000]
T = TypeVar("T")
Changes = list[tuple[str, bool]]
Fates = list[tuple[int, int]]
places = st.integers(0, 50)
processes = st.integers(0, PROCESSES - 1)
changes = st.lists(st.tuples(st.sampled_from(KEYS), st.booleans()), min_size=1, max_size=4)
# Which of the waiting messages comes next, and how many times.
fates = st.lists(st.tuples(places, st.sampled_from([0, 1, 1, 1, 2])), max_size=6)
session_numbers = count(1)


def make_session() -> Session:
    name = f"machine-{next(session_numbers)}"
    return Session.objects.create(client_id=name, owner_key=f"test:{name}")


def full_state(session_id: int, since: int = 0) -> State:
    """As a reader would hold it: a deleted entry is one without content."""
    state = read_warm(read_state, session_id, since)
    assert state is not None
    return {row.key: (row.seq, None if row.deleted else json.loads(row.content)) for row in state.rows}


def packed_now(session_id: int) -> tuple[int, bytes]:
    session_warm(session_id=session_id)
    with read_whole(session_id) as state:
        assert state is not None
        header = SnapshotHeader(
            format=FORMAT, session=state.client_id, epoch=state.epoch, seq=state.head, entries=state.entry_count
        )
        with pack(header, state.entries).file as file:
            return state.head, file.read()


def unpacked(packed: bytes) -> State:
    _, entries = unpack(io.BytesIO(packed))
    return {entry.key: (entry.seq, None if entry.deleted else json.loads(entry.content)) for entry in entries}


def living(state: State) -> State:
    return {key: value for key, value in state.items() if value[1] is not None}


class SyncMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.session_id = make_session().pk
        self.epoch = Session.objects.get(pk=self.session_id).epoch
        self.loop = asyncio.new_event_loop()
        self.wire = Wire()
        self.processes: list[Runtime] = [self.run(runtime_started(self.wire)) for _ in range(PROCESSES)]
        self.operations: list[Operation] = []
        self.readers: list[Reader] = []
        self.cut_off: list[Reader] = []
        self.snapshots: dict[int, bytes] = {}
        self.truth = Truth()
        for at in range(PROCESSES):
            self.run(self._join(Reader(self.truth), at))

    @initialize(rows=st.sampled_from([2, 2000]))
    def size_of_parts(self, rows: int) -> None:
        """With small parts a read of the database ends in the middle of a commit."""
        session.PART_ROWS = rows

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.loop.run_until_complete(work)

    # --- writers

    @rule(published=st.lists(st.tuples(processes, changes, st.booleans(), fates), min_size=3, max_size=8))
    def publish(self, published: list[tuple[int, Changes, bool, Fates]]) -> None:
        """Several writers one upon the other, in different processes or the same; some wait for the acknowledgement."""
        for at, changed, is_awaited, messages in published:
            self.operations.append(Operation.of(len(self.operations), changed))
            self.run(self._send(self.operations[-1], at))
            if is_awaited:
                self.run(self._acknowledged())
            self._messages_arrive(messages)

    @rule(which=places, at=processes, is_awaited=st.booleans())
    def publish_again(self, which: int, at: int, is_awaited: bool) -> None:
        for operation in self._one_of(self.operations, which):
            self.run(self._send(operation, at))
        if is_awaited:
            self.run(self._acknowledged())

    async def _send(self, operation: Operation, at: int) -> None:
        operation.send(self.processes[at], self.session_id)
        await asyncio.sleep(0)

    async def _acknowledged(self) -> None:
        waiting = [future for operation in self.operations for _, future in operation.waiting]
        if waiting:
            _, late = await asyncio.wait(waiting, timeout=ACKNOWLEDGED_SECONDS)
            assert not late, "a publish was never acknowledged"
            # Only now do they tell the other processes.
            await asyncio.sleep(0)
        for operation in self.operations:
            operation.acknowledge()

    # --- readers

    @rule(at=processes, log_bytes=st.sampled_from(LOG_BYTES))
    def join(self, at: int, log_bytes: int) -> None:
        self.run(self._join(Reader(self.truth), at))
        hub = self.processes[at].hubs.get(self.session_id)
        assert hub is not None
        hub.frames._limit = log_bytes

    @rule(which=places, at=processes, back=places)
    def come_back(self, which: int, at: int, back: int) -> None:
        """As of the latest moment, or one long ago."""
        for reader in self._one_of([*self.readers, *self.cut_off], which):
            if reader in self.readers:
                self.run(reader.leave())
                self.readers.remove(reader)
            else:
                self.cut_off.remove(reader)
            seq, state = reader.places[-1 - back % len(reader.places)]
            self.run(self._join(Reader(self.truth, Position(self.epoch, seq), state), at))

    @rule(most=st.lists(st.sampled_from([0, 1, 2, 1000]), min_size=1, max_size=4))
    def read(self, most: list[int]) -> None:
        """Some go on, some lag."""
        for place, reader in enumerate(self.readers):
            self.run(reader.read(most[place % len(most)]))

    async def _join(self, reader: Reader, at: int) -> None:
        await reader.join(self.processes[at], self.session_id)
        self.readers.append(reader)
        await asyncio.sleep(0)

    # --- what happens to them

    @rule(fates=fates)
    def messages_arrive(self, fates: Fates) -> None:
        self._messages_arrive(fates)

    def _messages_arrive(self, fates: Fates) -> None:
        """In any order, or never, or twice."""
        for place, copies in fates:
            self.wire.deliver(place, copies=copies)
            self.run(asyncio.sleep(0))

    @rule(at=processes)
    def heartbeat(self, at: int) -> None:
        self.run(self.processes[at].beat())

    @rule()
    def time_passes(self) -> None:
        self.run(asyncio.sleep(1.5 * session.GAP_SECONDS))

    @rule(at=processes)
    def process_dies(self, at: int) -> None:
        dead = self.processes[at]
        self.run(runtime_killed(dead))
        for reader in [reader for reader in self.readers if reader.runtime is dead]:
            self.run(reader.leave())
            self.readers.remove(reader)
            self.cut_off.append(reader)
        for operation in self.operations:
            operation.hang_up(dead)
        self.processes[at] = self.run(runtime_started(self.wire))

    @rule()
    def session_goes_cold(self) -> None:
        """Unless a commit under way gets in between; whoever comes next brings it back."""
        session_cool(session_id=self.session_id)

    @rule()
    def snapshot_is_taken(self) -> None:
        seq, packed = packed_now(self.session_id)
        self.snapshots[seq] = packed

    @staticmethod
    def _one_of(those: list[T], which: int) -> list[T]:
        return [those[which % len(those)]] if those else []

    # --- the end

    def teardown(self) -> None:
        try:
            self._publishers_hear_of_everything()
            self._readers_converge()
            self._snapshots_and_what_follows_are_the_state()
        finally:
            for runtime in self.processes:
                self.run(runtime.stop())
            self.loop.close()

    def _publishers_hear_of_everything(self) -> None:
        """Those whose process died send again; then every number from 1 to the head was given to one operation."""
        for number, operation in enumerate(self.operations):
            if operation.receipt is None and not operation.waiting:
                self.run(self._send(operation, number % PROCESSES))
        self.run(self._acknowledged())
        self.head = Session.objects.get(pk=self.session_id).head_seq
        given = sorted(
            number
            for operation in self.operations
            if operation.receipt
            for number in range(operation.receipt.first, operation.receipt.last + 1)
        )
        assert given == list(range(1, self.head + 1))

    def _readers_converge(self) -> None:
        self.wire.drop_all()
        for at in range(PROCESSES):
            self.run(self._join(Reader(self.truth), at))
            self.run(self.processes[at].check())
        expected: State = {}
        for operation in sorted(self.operations, key=lambda operation: operation.receipt or ("", 0, 0)):
            assert operation.receipt is not None
            for seq, update in enumerate(operation.updates, operation.receipt.first):
                expected[update.key] = (seq, None if update.deleted else json.loads(update.content))
        assert full_state(self.session_id) == living(expected)
        for reader in self.readers:
            self.run(reader.reach(self.head))
            assert living(reader.state) == living(expected)

    def _snapshots_and_what_follows_are_the_state(self) -> None:
        for seq, packed in self.snapshots.items():
            assert living(unpacked(packed) | full_state(self.session_id, since=seq)) == full_state(self.session_id)


@pytest.fixture
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "GAP_SECONDS", 0.02)
    monkeypatch.setattr(session, "PART_ROWS", session.PART_ROWS)


@pytest.mark.timeout(3600 if IS_LONG else 120)
def test_whatever_happens_everybody_ends_with_one_state(short_waits: None) -> None:
    run_state_machine_as_test(SyncMachine, settings=COSTS)


@pytest.mark.timeout(1800 if IS_LONG else 120)
@settings(deadline=None, max_examples=300 if IS_LONG else 25, suppress_health_check=list(HealthCheck))
@given(st.lists(changes, min_size=1, max_size=12))
def test_snapshot_at_any_number_and_what_follows_is_the_whole_state(published: list[Changes]) -> None:
    session_id = make_session().pk
    state: State = {}
    snapshots: list[bytes] = []
    for number, (key, deleted) in enumerate(chain.from_iterable(published), 1):
        state[key] = (number, None if deleted else number)
        update = Update(key, "" if deleted else json.dumps(number), deleted=deleted)
        session_publish_sync(session_id=session_id, updates=[update])
        seq, packed = packed_now(session_id)
        assert (seq, unpacked(packed)) == (number, state), "a snapshot keeps the newest of every key, deletions too"
        snapshots.append(packed)
    for seq, packed in enumerate(snapshots, 1):
        assert unpacked(packed) | full_state(session_id, since=seq) == state
    assert full_state(session_id) == living(state)
