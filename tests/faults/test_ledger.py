"""Processes that spend at once, and die while they do: limits hold, and what was charged is charged once."""

import json
import os
import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.support.server import ROOT, ConsoleServer

IS_LONG = bool(os.environ.get("OPENCODE_PROVE"))
WORKERS = 25 if IS_LONG else 6
ROUNDS = 12 if IS_LONG else 2
REQUESTS = 20 if IS_LONG else 12
DOLLAR = 100_000_000
CEILING, COST = 2_400_000, 1_000_000
SETTLED_BEFORE_KILL = (20, 150)
SECONDS = 120


class Program:
    """One of `tests.faults.spending`, running beside the server."""

    def __init__(self, server: ConsoleServer, program: str, /, **options: Any) -> None:
        command = [sys.executable, "-m", "tests.faults.spending", program, json.dumps(options)]
        self.process = subprocess.Popen(
            command, cwd=ROOT, env=server.environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def lines(self) -> list[Any]:
        """All it said, once it has ended."""
        said, _ = self.process.communicate(timeout=SECONDS)
        return [json.loads(line) for line in said.splitlines()]

    def lines_before_death(self) -> list[Any]:
        """The rest it said, without a line it died in."""
        said, _ = self.process.communicate(timeout=SECONDS)
        return [json.loads(line) for line in said.splitlines(keepends=True) if line.endswith("\n")]

    def line(self) -> Any:
        assert self.process.stdout is not None
        return json.loads(self.process.stdout.readline())

    def order(self, **said: Any) -> None:
        """Write it a line; it has waited for one."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(said) + "\n")
        self.process.stdin.flush()


Start = Callable[..., Program]


def rounds(is_enough: Callable[[], bool]) -> Iterator[int]:
    """ROUNDS of them; then more, up to ten times as many, until chance has brought what the test is about."""
    for number in range(ROUNDS * 10):
        if number >= ROUNDS and is_enough():
            return
        yield number


@pytest.fixture
def start(console_server: ConsoleServer) -> Iterator[Start]:
    """Start programs beside a server; those that still run end with the test."""
    console_server.ask("tests.support.seed")
    started: list[Program] = []

    def begin(program: str, /, **options: Any) -> Program:
        started.append(Program(console_server, program, **options))
        return started[-1]

    yield begin
    for program in started:
        program.process.kill()
        program.process.communicate()


def racing(start: Start) -> list[Program]:
    """Two processes that have started, and wait for a round to begin."""
    programs = [start("race"), start("race")]
    assert [program.line() for program in programs] == [{"ready": True}] * 2
    return programs


def race(programs: list[Program], name: str = "round", **options: Any) -> list[Any]:
    """What came of a round that all begin at once."""
    for number, program in enumerate(programs):
        program.order(name=f"{name}-{number}", **options)
    return [program.line() for program in programs]


@pytest.mark.timeout(SECONDS * 2)
@pytest.mark.parametrize("bound", ["balance", "limit"])
def test_two_processes_never_spend_more_than_a_dollar(start: Start, bound: str) -> None:
    caps: dict[str, Any] = {
        "balance": {"balance": DOLLAR, "monthly_limit": None, "funding": "prepaid"},
        "limit": {"balance": 0, "monthly_limit": DOLLAR, "funding": "postpaid"},
    }
    start("cap", **caps[bound]).lines()
    watching = start("watch")
    options = {"workers": WORKERS, "requests": REQUESTS, "ceiling": CEILING, "cost": COST}
    raced = race(racing(start), **options)
    (seen,) = watching.lines()
    (found,) = start("audit").lines()
    assert found["problems"] == []
    assert (seen["over"], found["reserved"]) == (0, 0)
    assert seen["looks"] > 0
    charged = sum(found["costs"].values())
    assert charged == COST * sum(each["settled"] for each in raced)
    # At the end each worker may be refused for what the others still hold.
    assert DOLLAR - 2 * WORKERS * CEILING < charged <= DOLLAR
    assert sum(each["settled"] + each["refused"] for each in raced) == 2 * WORKERS * REQUESTS
    assert sum(each["refused"] for each in raced) > 0


@pytest.mark.timeout(SECONDS * 2)
def test_of_eight_at_once_with_room_for_one_exactly_one_passes_each_month(start: Start) -> None:
    """The first requests of a workspace, of a member, of a key, and of each month that follows."""
    start("cap", balance=0, monthly_limit=COST, funding="postpaid").lines()
    programs = racing(start)
    passed = room_for_one(programs, first_month=0)
    (limited,) = start("limit", monthly_limit=COST).lines()
    passed += room_for_one(programs, first_month=2, member_id=limited["member_id"], key_id="")
    passed += room_for_one(programs, first_month=4, member_id="", key_id=limited["key_id"])
    assert passed == [(1, 7)] * 6
    assert start("audit").lines()[-1]["problems"] == []


def room_for_one(programs: list[Program], first_month: int, **who: str) -> list[tuple[int, int]]:
    """How many of eight were settled and refused, in each of two months."""
    found = []
    for month in (first_month, first_month + 1):
        options = {"workers": 4, "requests": 1, "ceiling": COST, "cost": COST, "days": 32 * month}
        raced = race(programs, f"month-{month}", **options, **who)
        found.append((sum(each["settled"] for each in raced), sum(each["refused"] for each in raced)))
    return found


@pytest.mark.timeout(60 + SECONDS * ROUNDS)
def test_what_was_settled_survives_sigkill_and_what_was_held_is_given_back(start: Start) -> None:
    number = random.SystemRandom().randrange(2**32)
    print(f"random seed {number}")  # noqa: T201
    chance = random.Random(number)
    settled: dict[str, int] = {}
    given_back: list[int] = []
    for _ in rounds(is_enough=lambda: sum(given_back) > 0):
        dying = start("spend")
        wanted = len(settled) + chance.randint(*SETTLED_BEFORE_KILL)
        while len(settled) < wanted:
            settled |= charged_by(dying.line())
        dying.process.kill()
        for said in dying.lines_before_death():
            settled |= charged_by(said)
        (found,) = start("audit").lines()
        assert found["problems"] == []
        assert settled.items() <= found["costs"].items()
        assert (found["reserved"], found["buried"]) == (0, len(found["held"]))
        assert found["balance"] == -sum(found["costs"].values())
        given_back.append(found["buried"])
    assert sum(given_back) > 0, "no kill hit a request that was under way"


def charged_by(said: dict[str, Any]) -> dict[str, int]:
    return {said["settled"]: said["cost"]} if "settled" in said else {}


@pytest.mark.timeout(SECONDS * 2)
def test_a_settlement_killed_between_any_two_statements_is_whole_or_nothing(start: Start) -> None:
    start("cap", balance=DOLLAR, monthly_limit=DOLLAR, funding="prepaid").lines()
    died = start("kills").lines()
    *killed, last = died
    assert [each["problems"] for each in died] == [[]] * len(died)
    assert {each["was_killed"] for each in killed} == {True}
    assert not last["was_killed"]
    answers = {each["point"]: each["again"] for each in killed}
    assert answers.pop("after commit") == "already_settled"
    assert set(answers.values()) == {"settled"}
    assert len(answers) > 10


@pytest.mark.timeout(SECONDS * 2)
def test_workspace_whose_end_is_killed_between_any_two_statements_spends_only_while_it_is_open(start: Start) -> None:
    died = start("ends").lines()
    assert [each for each in died if each["is_open"] != each["is_taken"] or each["problems"]] == []
    assert len({each["act"] for each in died}) == 4
    assert {each["is_open"] for each in died if each["was_killed"]} == {True, False}
    assert sum(each["was_killed"] for each in died) > 20


@pytest.mark.timeout(SECONDS * 2)
def test_purge_killed_between_any_two_statements_keeps_the_ledger_and_one_receipt(start: Start) -> None:
    start("cap", balance=DOLLAR, monthly_limit=DOLLAR, funding="prepaid").lines()
    (purged,) = start("purge").lines()
    assert (purged["problems"], purged["is_purged"]) == ([], True)
    (receipt,) = purged["receipts"]
    assert (receipt["balance_micro_cents"], receipt["held_micro_cents"]) == (DOLLAR - 7, 0)
    assert purged["usage"] == [["r1", "usr_1", 7]]
    assert purged["entries"] == [["grant:cap", DOLLAR, ""]]
    assert purged["kills"] > 20
