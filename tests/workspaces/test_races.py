"""Acts that exclude each other, by processes that start at the same moment on one database."""

import itertools
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import pytest

from tests.support.server import ROOT, ConsoleServer
from tests.workspaces.race_worker import ANSWER

ROUNDS = 60 if os.environ.get("OPENCODE_PROVE") else 4
PROCESSES = 3
HEAD_START_SECONDS = 0.02
NUMBERS = itertools.count(1)


class Racers:
    """Three processes; `race` gives each of them one act for the same moment."""

    def __init__(self, environment: dict[str, str]) -> None:
        command = [sys.executable, "-m", "tests.workspaces.race_worker"]
        pipe = subprocess.PIPE
        self._processes = [
            subprocess.Popen(command, cwd=ROOT, env=environment, stdin=pipe, stdout=pipe, text=True)
            for _ in range(PROCESSES)
        ]
        for process in self._processes:
            assert self._line(process) == "ready"

    def race(self, *orders: dict[str, Any]) -> list[str]:
        at = time.time() + HEAD_START_SECONDS
        running = self._processes[: len(orders)]
        for process, order in zip(running, orders, strict=True):
            self._stdin(process).write(json.dumps({"at": at, **order}) + "\n")
            self._stdin(process).flush()
        return [self._line(process) for process in running]

    def ask(self, **order: Any) -> dict[str, Any]:
        answer: dict[str, Any] = json.loads(self.race(order)[0])
        return answer

    def end(self) -> None:
        for process in self._processes:
            self._stdin(process).close()
            process.wait(20)
            assert process.stdout is not None
            process.stdout.close()

    @staticmethod
    def _stdin(process: "subprocess.Popen[str]") -> IO[str]:
        assert process.stdin is not None
        return process.stdin

    @staticmethod
    def _line(process: "subprocess.Popen[str]") -> str:
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith(ANSWER):
                return line.removeprefix(ANSWER).strip()
        raise AssertionError("a racer ended")


@pytest.fixture(scope="module")
def racers(prepared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Racers]:
    folder = tmp_path_factory.mktemp("races") / "console"
    shutil.copytree(prepared_data, folder)
    console = ConsoleServer(folder)
    started = Racers(console.environment())
    yield started
    started.end()
    if console.stack is not None:
        console.stack.discard()


@pytest.fixture(params=range(ROUNDS))
def ids(racers: Racers) -> dict[str, Any]:
    """A fresh world of the race's own."""
    return racers.ask(act="seed", number=next(NUMBERS))


def test_one_invitation_accepted_twice_at_once_is_accepted_once(racers: Racers, ids: dict[str, Any]) -> None:
    order = {"act": "accept", "invitation": ids["invitation"], "user": ids["guest"]}
    assert sorted(racers.race(order, order, order)) == ["done", "invitation_used", "invitation_used"]
    after = racers.ask(act="state", team=ids["team"])
    assert after["roles"] == ["admin", "owner", "owner"]
    assert after["acts"]["invitation.accept"] == after["acts"]["workspace.create"] == 1


def test_two_owners_who_leave_at_once_leave_one(racers: Racers, ids: dict[str, Any]) -> None:
    orders = [{"act": "leave", "membership": ids[name]} for name in ("owner", "deputy")]
    assert sorted(racers.race(*orders)) == ["done", "last_owner_remains"]
    assert racers.ask(act="state", team=ids["team"])["roles"] == ["owner"]


def test_two_owners_who_delete_their_accounts_at_once_leave_one(racers: Racers, ids: dict[str, Any]) -> None:
    racers.race({"act": "accept", "invitation": ids["invitation"], "user": ids["guest"]})
    orders = [{"act": "close", "user": ids[name]} for name in ("one", "two")]
    assert sorted(racers.race(*orders)) == ["account_held", "done"]
    assert racers.ask(act="state", team=ids["team"])["roles"] == ["admin", "owner"]


def test_owner_who_leaves_while_the_other_deletes_their_account_leaves_one(racers: Racers, ids: dict[str, Any]) -> None:
    racers.race({"act": "accept", "invitation": ids["invitation"], "user": ids["guest"]})
    outcomes = racers.race({"act": "leave", "membership": ids["owner"]}, {"act": "close", "user": ids["two"]})
    assert outcomes in (["done", "account_held"], ["last_owner_remains", "done"])
    assert racers.ask(act="state", team=ids["team"])["roles"] == ["admin", "owner"]


def test_owner_who_is_demoted_at_that_moment_limits_nobody_afterwards(racers: Racers, ids: dict[str, Any]) -> None:
    """Whoever is first: the log tells the same story as the answers."""
    limited = {"act": "change", "membership": ids["owner"], "by": ids["two"], "monthly_limit": 7}
    demoted = {"act": "change", "membership": ids["deputy"], "by": ids["one"], "role": "member"}
    outcomes = racers.race(limited, demoted)
    after = racers.ask(act="changes", team=ids["team"])
    limit, role = ["member.limit", ids["two"]], ["member.role", ids["one"]]
    stories = {"done": [[limit, role], 7], "role_too_high": [[role], None]}
    assert [after["acts"], after["limits"][ids["owner"]]] == stories[outcomes[0]]
    assert outcomes[1] == "done"


def test_two_owners_who_demote_and_limit_each_other_at_once_do_so_once(racers: Racers, ids: dict[str, Any]) -> None:
    both = {"act": "change", "role": "member", "monthly_limit": 7}
    outcomes = racers.race(
        {**both, "membership": ids["owner"], "by": ids["two"]}, {**both, "membership": ids["deputy"], "by": ids["one"]}
    )
    assert sorted(outcomes) == ["done", "role_too_high"]
    after = racers.ask(act="changes", team=ids["team"])
    assert sorted(after["limits"].values(), key=str) == [7, None]
    assert [act for act, _ in after["acts"]] == ["member.role", "member.limit"]
    assert len({actor for _, actor in after["acts"]}) == 1


def test_slug_that_three_want_at_once_goes_to_one(racers: Racers, ids: dict[str, Any]) -> None:
    name = f"wanted-{ids['team'][-8:].lower()}"
    moved, other, made = racers.race(
        {"act": "move", "workspace": ids["team"], "slug": name},
        {"act": "move", "workspace": ids["other"], "slug": name},
        {"act": "create", "owner": ids["one"], "name": name},
    )
    winners = [moved == "done", other == "done", made == name]
    assert sum(winners) == 1, (moved, other, made)
    assert {moved, other} <= {"done", "slug_taken"}
    assert made in {name, f"{name}-2"}


def test_slug_given_up_and_wanted_at_once_stays_with_its_workspace(racers: Racers, ids: dict[str, Any]) -> None:
    held = racers.ask(act="state", team=ids["team"])["slug"]
    moved, made = racers.race(
        {"act": "move", "workspace": ids["team"], "slug": f"{held}-next"},
        {"act": "create", "owner": ids["guest"], "name": held},
    )
    assert (moved, made) == ("done", f"{held}-2")


def test_accepting_into_a_workspace_that_is_deleted_at_once_ends_well(racers: Racers, ids: dict[str, Any]) -> None:
    accept = {"act": "accept", "invitation": ids["invitation"], "user": ids["guest"]}
    outcomes = racers.race(accept, {"act": "delete", "workspace": ids["team"]}, {"act": "close", "user": ids["guest"]})
    assert outcomes[0] in {"done", "invitation_invalid"}
    assert outcomes[1:] == ["done", "done"]


def test_twins_of_one_request_act_once_and_get_one_answer(racers: Racers, ids: dict[str, Any]) -> None:
    sign_in = {"act": "sign_in", "user": ids["one"]}
    assert racers.race(sign_in, sign_in, sign_in) == ["done"] * 3
    new = {"name": "laptop", "scopes": ["sync:read"], "expires_at": None}
    call = {"act": "call", "path": f"/api/v1/workspaces/{ids['team']}/keys", "body": new, "key": "twins"}
    answers = [json.loads(answer) for answer in racers.race(call, call, call)]
    assert sorted(answer[:2] for answer in answers) == [[201, False], [201, True], [201, True]]
    assert len({answer[2]["secret"] for answer in answers}) == 1
    assert racers.ask(act="keys", team=ids["team"]) == {"keys": 1, "acts": 1}


def test_refused_twins_are_all_refused_and_the_same_request_may_follow(racers: Racers, ids: dict[str, Any]) -> None:
    sign_in = {"act": "sign_in", "user": ids["guest"]}
    assert racers.race(sign_in, sign_in, sign_in) == ["done"] * 3
    new = {"name": "laptop", "scopes": ["sync:read"], "expires_at": None}
    call = {"act": "call", "path": f"/api/v1/workspaces/{ids['team']}/keys", "body": new, "key": "refused"}
    refused = [json.loads(answer) for answer in racers.race(call, call, call)]
    assert [(answer[0], answer[2]["error"]["code"]) for answer in refused] == [(404, "not_found")] * 3
    racers.race({"act": "accept", "invitation": ids["invitation"], "user": ids["guest"]})
    assert json.loads(racers.race(call)[0])[:2] == [201, False]
    assert racers.ask(act="keys", team=ids["team"]) == {"keys": 1, "acts": 1}
