"""What the rows of turns cost a commit: `python -m tests.bench.turns`, one JSON line.

On the embedded stack; behind `python -m opencode.devtools.withservers --` on MariaDB. Microseconds of this thread's CPU
and of time for one publish, the median of many commits of 32 sessions each, with the turns kept and without, in turns.
`text` is a part of 300 bytes that is written again and again, `answer` a message of an agent with its first part,
`call` a tool call that begins and then fails.
"""

import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from statistics import median
from typing import Any

import django

SESSIONS = 32
ROUNDS = 150
TEXT = {"id": "prt", "messageID": "msg", "type": "text", "text": "word " * 50}
CALL = {"type": "tool", "tool": "bash", "state": {"status": "running", "input": {"command": "make test"}}}
FAILED = {"status": "completed", "input": {"command": "make test"}, "output": "no\n" * 300, "metadata": {"exit": 1}}
ANSWER = {"role": "assistant", "modelID": "m", "time": {"created": 1_795_340_283_445}, "cost": 0.01}


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "opencode.settings.test")
    django.setup()
    from django.db import connection
    from django.test.utils import setup_databases, teardown_databases

    made = setup_databases(verbosity=0, interactive=False)
    try:
        report = {name: measure(updates) for name, updates in KINDS.items()}
        sys.stdout.write(json.dumps({"database": connection.vendor, **report}) + "\n")
    finally:
        teardown_databases(made, verbosity=0)


def _text(session: str, number: int) -> list[tuple[str, Any]]:
    return [(f"session/part/{session}/msg_1/prt_1", {**TEXT, "text": f"{number} {TEXT['text']}"})]


def _answer(session: str, number: int) -> list[tuple[str, Any]]:
    name = f"msg_{number:05d}"
    return [(f"session/message/{session}/{name}", ANSWER), (f"session/part/{session}/{name}/prt_1", TEXT)]


def _call(session: str, number: int) -> list[tuple[str, Any]]:
    content = {**CALL, "state": FAILED} if number % 2 else CALL
    return [(f"session/part/{session}/msg_1/prt_{number // 2:05d}", content)]


KINDS: dict[str, Callable[[str, int], list[tuple[str, Any]]]] = {"text": _text, "answer": _answer, "call": _call}


def measure(updates: Callable[[str, int], list[tuple[str, Any]]]) -> dict[str, list[float]]:
    """Of each way the CPU and the time of a publish, in µs."""
    from sync.models import Session
    from sync.writer import commit

    kept = [Session.objects.create(client_id=f"ses_{n}", owner_key=f"bench:{updates}") for n in range(SESSIONS)]
    # Of sessions whose turns are behind no row is written; their entries' contents before are not read either.
    without = [Session.objects.create(client_id=f"not_{n}", owner_key=f"bench:{updates}") for n in range(SESSIONS)]
    Session.objects.filter(pk__in=[session.pk for session in without]).update(turn_seq=-1)
    has_turn = commit.has_turn
    spent: dict[str, list[tuple[float, float]]] = {"with": [], "without": []}
    for number in range(ROUNDS):
        commit.has_turn = has_turn
        spent["with"].append(_commit(kept, updates, number))
        commit.has_turn = lambda _keys: False
        spent["without"].append(_commit(without, updates, number))
    commit.has_turn = has_turn
    return {
        way: [round(median(figures) * 1e6 / SESSIONS, 1) for figures in zip(*each, strict=True)]
        for way, each in spent.items()
    }


def _commit(sessions: Sequence[Any], updates: Callable[..., list[tuple[str, Any]]], number: int) -> tuple[float, float]:
    from sync.protocol.updates import Update
    from sync.writer import Publish, commit_publishes

    publishes = [
        Publish(
            each.pk, [Update(key, json.dumps(content)) for key, content in updates(each.client_id, number)], str(number)
        )
        for each in sessions
    ]
    cpu, began = time.thread_time(), time.perf_counter()
    commit_publishes(publishes)
    return time.thread_time() - cpu, time.perf_counter() - began


if __name__ == "__main__":
    main()
