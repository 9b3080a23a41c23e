"""Slow or absent object storage holds up those who visit cold sessions, a few at a time, and nobody else."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from opencode.lib.bounds import ANSWER_SECONDS
from sync.archive.cold import gate
from sync.archive.cold.gate import AWAY_SECONDS, THREADS, WAITING_PAGES, WarmGate, warm_wait
from sync.errors import SessionCold

pytestmark = pytest.mark.django_db(transaction=True)
SECONDS = 10


class Storage:
    """Stands for bringing a session back: hangs until `answers` is set, then fails with `failure` if there is one."""

    def __init__(self) -> None:
        self.tried: list[int] = []
        self.began = threading.Semaphore(0)
        self.answers = threading.Event()
        self.failure: Exception | None = None
        self.bounds: list[object] = []

    def warm(self, *, session_id: int) -> bool:
        self.tried.append(session_id)
        self.bounds.append(connection.settings_dict["OPTIONS"].get("read_timeout"))
        self.began.release()
        assert self.answers.wait(SECONDS)
        for failure in filter(None, [self.failure]):
            raise failure
        return True


class Places(threading.BoundedSemaphore):
    """Tells whenever somebody asked for a place."""

    def __init__(self) -> None:
        super().__init__(WAITING_PAGES)
        self.asked = threading.Semaphore(0)

    def acquire(self, blocking: bool = True, timeout: float | None = None) -> bool:
        is_taken = super().acquire(blocking, timeout)
        self.asked.release()
        return is_taken


@pytest.fixture
def storage(monkeypatch: pytest.MonkeyPatch) -> Iterator[Storage]:
    storage = Storage()
    monkeypatch.setattr(gate, "session_warm", storage.warm)
    gate.warm_failures_invalidate()
    yield storage
    storage.answers.set()
    gate.warm_failures_invalidate()


def test_pages_beyond_a_few_do_not_wait_for_the_storage(storage: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    places = Places()
    monkeypatch.setattr(gate, "_places", places)
    with ThreadPoolExecutor(WAITING_PAGES) as threads:
        visits = [threads.submit(warm_wait, session_id) for session_id in range(WAITING_PAGES)]
        for _ in visits:
            assert places.asked.acquire(timeout=SECONDS)
        with pytest.raises(SessionCold) as refused:
            warm_wait(WAITING_PAGES)
        storage.answers.set()
        assert [visit.result(SECONDS) for visit in visits] == [None] * WAITING_PAGES
    assert refused.value.retry_after == 1
    warm_wait(WAITING_PAGES)


def test_storage_that_two_sessions_found_away_is_not_asked_for_any_other(storage: Storage) -> None:
    storage.failure = ConnectionError("away")
    own = WarmGate()
    queued = [own.begin(session_id) for session_id in range(THREADS + 3)]
    for _ in range(THREADS):
        assert storage.began.acquire(timeout=SECONDS)
    storage.answers.set()
    denials = [each.exception(SECONDS) for each in (*queued, own.begin(100))]
    assert {(type(denial), getattr(denial, "retry_after", None)) for denial in denials} == {(SessionCold, AWAY_SECONDS)}
    assert 100 not in storage.tried
    assert len(storage.tried) < len(queued)
    own.invalidate()
    storage.failure = None
    assert own.begin(100).result(SECONDS) is None


def test_object_that_one_session_cannot_get_keeps_no_other_session_away(storage: Storage) -> None:
    storage.failure = PermissionError("this one")
    storage.answers.set()
    own = WarmGate()
    for _ in range(3):
        assert isinstance(own.begin(1).exception(SECONDS), SessionCold)
    storage.failure = None
    assert own.begin(2).result(SECONDS) is None
    assert storage.tried == [1, 2]


@pytest.mark.servers
def test_database_that_falls_silent_holds_no_session_for_good(storage: Storage) -> None:
    storage.answers.set()
    WarmGate().begin(1).result(SECONDS)
    assert storage.bounds == [ANSWER_SECONDS]
