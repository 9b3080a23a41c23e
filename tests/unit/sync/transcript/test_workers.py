"""The line before the workers, and what becomes of them: turns, patience, kills, orphans."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from sync.render.entries import Job
from sync.transcript.workers.pool import BROKEN, TOO_MUCH, WAITS, RenderPool, Task
from sync.transcript.workers.process import RenderProcess
from sync.transcript.workers.turns import Patience, Turns
from sync.transcript.workers.worker import Worker
from tests.support.server import ROOT

KEY = "session/part/ses_1/msg_1/prt_1"
HELLO = '{"type": "text", "text": "hello"}'
SLOW = '{"type": "text", "text": "' + "ftp://a" * 14_000 + '"}'
LONG = 60.0


def task(content: str = HELLO, name: str | None = None, **job: object) -> Task:
    return Task((name, "key", 1) if name else None, lambda: Job("html", KEY, 1, content, **job))  # type: ignore[arg-type]


@pytest.fixture
def pool() -> Iterator[RenderPool]:
    pool = RenderPool(RenderProcess(), line_seconds=LONG, page_seconds=LONG)
    yield pool
    pool.stop()


def children_of(pid: int) -> list[int]:
    with open(f"/proc/{pid}/task/{pid}/children") as file:
        return [int(child) for child in file.read().split()]


def wait_until(holds: object) -> None:
    deadline = time.monotonic() + LONG
    while not holds():  # type: ignore[operator]
        assert time.monotonic() < deadline
        time.sleep(0.01)


def is_alive(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


# --- turns


def idle_workers(count: int) -> list[Worker]:
    return [Worker(lambda: pytest.fail("nobody renders here")) for _ in range(count)]


def patient(in_line: float = LONG) -> Patience:
    return Patience(in_line=in_line, altogether=LONG)


def test_one_session_has_one_turn_at_a_time_though_workers_are_free() -> None:
    turns = Turns(idle_workers(2))
    with turns.worker("a", patient()) as first, turns.worker("a", patient(0.02)) as second:
        assert first is not None
        assert second is None


def test_two_sessions_have_a_worker_each_and_a_third_waits_in_vain() -> None:
    turns = Turns(idle_workers(2))
    with turns.worker("a", patient()) as first, turns.worker("b", patient()) as second:
        assert {first, second} != {None}
        impatient = patient(0.02)
        with turns.worker("c", impatient) as third:
            assert third is None
        assert impatient.in_line <= 0
    with turns.worker("c", patient()) as third:
        assert third is not None


def test_who_came_first_is_called_first_and_a_busy_session_is_passed_by() -> None:
    turns = Turns(idle_workers(1))
    called: list[str] = []

    def take(session: str) -> None:
        with turns.worker(session, patient()):
            called.append(session)

    with ThreadPoolExecutor(3) as threads, turns.worker("a", patient()):
        for number, session in enumerate(["a", "b", "c"], start=1):
            threads.submit(take, session)
            wait_until(lambda number=number: len(turns._line) == number)
    assert called == ["a", "b", "c"]


def test_patience_in_line_is_counted_over_all_turns() -> None:
    turns = Turns(idle_workers(1))
    patience = patient(0.05)
    with turns.worker("a", patient()):
        for _ in range(3):
            with turns.worker("b", patience) as worker:
                assert worker is None
    assert patience.left == 0


# --- outcomes


def test_what_is_rendered_is_kept_under_its_name(pool: RenderPool) -> None:
    (first,) = pool.render("a", [task(name="e")], pool.patience())
    assert first.rendered is not None
    pool.process.stop()
    assert pool.render("a", [task("never looked at", name="e")], pool.patience()) == [first]
    assert pool.process.pid == 0


def test_an_entry_that_fails_is_broken_and_the_worker_goes_on(pool: RenderPool) -> None:
    broken, hello = pool.render("a", [task(before=7), task()], pool.patience())
    assert broken == BROKEN
    assert hello.rendered is not None


def test_what_is_killed_twice_is_too_much_and_is_not_tried_again(
    pool: RenderPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    hopeless = '{"type": "tool", "tool": "x", "state": {"input": ' + "[" + "{}," * 2_500_000 + "{}]}}"
    assert pool.render("a", [task(hopeless, name="e"), task()], pool.patience())[0] == TOO_MUCH
    monkeypatch.setattr(pool, "_begun", lambda *_: pytest.fail("tried again"))
    assert pool.render("a", [task(hopeless, name="e")], pool.patience()) == [TOO_MUCH]


def test_erased_sessions_are_forgotten(pool: RenderPool) -> None:
    pool.render("a", [task(name="gone"), task(name="stays")], pool.patience())
    pool.invalidate("gone")
    assert pool._known(task(name="gone")) is None
    assert pool._known(task(name="stays")) is not None


def test_who_has_no_time_gets_plain_text_and_what_was_begun_is_not_lost(pool: RenderPool) -> None:
    pool.render("a", [task()], pool.patience())
    impatient = Patience(in_line=LONG, altogether=0.03)
    assert pool.render("a", [task(SLOW, name="slow")], impatient) == [WAITS]
    # The next page, of another session, finds the worker at it and takes what came of it along.
    both = [pool.render(session, [task()], pool.patience()) for session in ("b", "c")]
    assert all(outcome.rendered for outcomes in both for outcome in outcomes)
    known = pool._known(task(SLOW, name="slow"))
    assert known is not None
    assert known.rendered is not None


def test_a_session_of_slow_entries_delays_another_by_one_entry_at_most(pool: RenderPool) -> None:
    """On one worker, so that both need the same; the strangers' page has all the patience there is."""
    pool._turns = Turns(pool._workers[:1])
    finished: list[str] = []

    def page(session: str, tasks: list[Task]) -> None:
        pool.render(session, tasks, pool.patience())
        finished.append(session)

    with ThreadPoolExecutor(2) as threads:
        threads.submit(page, "hostile", [task(SLOW) for _ in range(4)])
        wait_until(lambda: pool._running)
        threads.submit(page, "honest", [task()])
    assert finished == ["honest", "hostile"]


# --- processes


def test_workers_hold_neither_django_nor_settings_nor_the_environment(
    pool: RenderPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENCODE_SECRET_KEY", "hush")
    pool.render("a", [task()], pool.patience())
    with open(f"/proc/{pool.process.pid}/environ") as file:
        assert "hush" not in file.read()
    seen = "import sys, sync.render.child; print([m for m in sys.modules if m.split('.')[0] in ('django', 'opencode')])"
    assert subprocess.check_output([sys.executable, "-c", seen], cwd=ROOT, text=True) == "[]\n"


def test_a_killed_worker_and_a_killed_rendering_process_are_replaced(pool: RenderPool) -> None:
    pool.render("a", [task()], pool.patience())
    (worker,) = children_of(pool.process.pid)
    os.kill(worker, signal.SIGKILL)
    wait_until(lambda: not is_alive(worker))
    os.kill(pool.process.pid, signal.SIGKILL)
    outcomes = [pool.render("a", [task()], pool.patience())[0] for _ in range(4)]
    assert outcomes[-1].rendered is not None


def test_everything_ends_with_the_process_that_asked() -> None:
    code = (
        "import django, sys; django.setup()\n"
        "from tests.unit.sync.transcript.test_workers import task\n"
        "from sync.transcript.workers.pool import POOL\n"
        "POOL.page_seconds = POOL.line_seconds = 60\n"
        "POOL.render('a', [task()], POOL.patience())\n"
        "print(POOL.process.pid, flush=True)\n"
        "sys.stdin.read()\n"
    )
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "opencode.settings.test"}
    with subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as asking:
        assert asking.stdout is not None
        pid = int(asking.stdout.readline())
        pids = [pid, *children_of(pid)]
        assert len(pids) == 2
        asking.kill()
    wait_until(lambda: not any(map(is_alive, pids)))


def test_threads_that_render_at_once_get_their_own(pool: RenderPool) -> None:
    def render(number: int) -> str:
        content = f'{{"type": "text", "text": "number {number} of them"}}'
        (outcome,) = pool.render(threading.get_ident(), [task(content)], pool.patience())
        assert outcome.rendered is not None
        return outcome.rendered.text

    with ThreadPoolExecutor(8) as threads:
        rendered = list(threads.map(render, range(100)))
    assert [f"number {number} of them" in text for number, text in enumerate(rendered)] == [True] * 100
