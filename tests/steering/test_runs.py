"""A person stops their agent and sends it prompts: who may, what reaches the bridge, and what becomes of it."""

from datetime import timedelta
from typing import Any

import pytest
from asgiref.sync import sync_to_async

from accounts.models import OutgoingMail
from opencode.lib.clock import utc_now
from steering.models import AgentProcess, Command, Run, SteeringPolicy
from steering.services.commands import commands_expire
from steering.services.runs import RUNS_OF_A_PROCESS
from tests.support.asgi_socket import ASGISocket
from tests.support.bridges import NONCE, ask_frame, commanded, opened, taken
from tests.support.steering import HOUR, Stage, acts, result

pytestmark = pytest.mark.django_db(transaction=True)
BUSY = {"ses_1": {"root": "ses_1", "status": "busy", "run": "first"}}
STOP = {"op": "stop", "run": "first"}
PROMPT = {"op": "prompt", "text": "go on\nwith the tests"}


@pytest.fixture
def heartbeat_seconds() -> float:
    return 60


async def working(bridge: ASGISocket, *asks: dict[str, Any], mode: str = "prompt") -> None:
    await opened(bridge, *asks, sessions=BUSY, mode=mode)


async def status(bridge: ASGISocket, word: str, run: str = "first") -> None:
    await bridge.send({"type": "status", "session": "ses_1", "root": "ses_1", "status": word, "run": run})
    await taken(bridge)


async def test_stop_names_the_run_that_was_shown_and_its_end_is_told(stage: Stage) -> None:
    async with stage.bridge() as bridge:
        await working(bridge)
        code, page = await stage.steer(**STOP)
        command = await commanded(bridge)
        assert (code, "data-under-way" in page) == (200, True)
        told = {name: command[name] for name in ("process", "op", "session", "run", "payload", "nonce", "by")}
        assert told == {
            "process": "p1",
            "op": "stop",
            "session": "ses_1",
            "run": "first",
            "payload": {},
            "nonce": NONCE,
            "by": "Carol",
        }
        await status(bridge, "idle")
        await result(bridge, command, "done")
        _, page = await stage.controls()
    assert ("The agent has taken it." in page, "Stop the run" in page, "is idle" in page) == (True, False, True)
    (decided, by), (ended, end) = await acts()
    assert (decided, by["op"], by["session"], by["digest"]) == ("steering.decide", "stop", "ses_1", "first")
    assert (ended, end["outcome"], end["command"]) == ("steering.result", "done", command["id"])


async def test_prompt_reaches_an_idle_and_a_working_session_word_for_word(stage: Stage) -> None:
    async with stage.bridge() as bridge:
        await working(bridge)
        await stage.steer(**PROMPT)
        first = await commanded(bridge)
        await result(bridge, first, "done")
        await status(bridge, "idle")
        await stage.steer(**{**PROMPT, "text": "one\r\ntwo"})
        second = await commanded(bridge)
    assert (first["op"], first["payload"], "ask" in first) == ("prompt", {"text": "go on\nwith the tests"}, False)
    assert second["payload"] == {"text": "one\ntwo"}
    assert "go on" not in str(await acts())


async def test_second_stop_and_second_prompt_wait_for_the_first(stage: Stage) -> None:
    async with stage.bridge() as bridge:
        await working(bridge)
        await stage.steer(**STOP)
        assert (await stage.steer(**STOP))[0] == 409
        await stage.steer(**PROMPT)
        assert (await stage.steer(**PROMPT))[0] == 409
    assert sorted([row.op async for row in Command.objects.all()]) == ["prompt", "stop"]


async def refused(stage: Stage, code: str, posted: dict[str, str]) -> None:
    """Nothing reaches the bridge, and the attempt is in the audit log."""
    assert (await stage.steer(**posted))[0] in {403, 409, 422}
    assert [(action, details["code"]) for action, details in await acts()] == [("steering.refuse", code)]
    assert await Command.objects.acount() == 0


@pytest.mark.parametrize("posted", [STOP, PROMPT], ids=["stop", "prompt"])
async def test_workspace_that_allows_nothing(stage: Stage, posted: dict[str, str]) -> None:
    await SteeringPolicy.objects.all().adelete()
    async with stage.bridge() as bridge:
        await working(bridge)
        await refused(stage, "ceiling_too_low", posted)


@pytest.mark.parametrize(
    ("ceiling", "mode", "code"),
    [
        ("approve", "prompt", "ceiling_too_low"),
        ("prompt", "approve", "machine_forbids"),
    ],
)
async def test_prompts_need_more_than_answers_do(stage: Stage, ceiling: str, mode: str, code: str) -> None:
    await SteeringPolicy.objects.aupdate(ceiling=ceiling)
    async with stage.bridge() as bridge:
        await working(bridge, mode=mode)
        _, page = await stage.controls()
        assert ("Stop the run" in page, "<textarea" in page) == (True, False)
        await refused(stage, code, PROMPT)
        assert (await stage.steer(**STOP))[0] == 200


@pytest.mark.parametrize("mode", ["watch", "off"])
async def test_machine_that_allows_nothing(stage: Stage, mode: str) -> None:
    async with stage.bridge() as bridge:
        await working(bridge, mode=mode)
        await refused(stage, "machine_forbids", STOP)


@pytest.mark.parametrize("posted", [STOP, PROMPT], ids=["stop", "prompt"])
async def test_browser_without_a_fresh_second_factor(stage: Stage, posted: dict[str, str]) -> None:
    stage.factors = [("totp", 12 * HOUR + 60)]
    async with stage.bridge() as bridge:
        await working(bridge)
        await refused(stage, "step_up_needed", posted)


@pytest.mark.parametrize("posted", [STOP, PROMPT], ids=["stop", "prompt"])
async def test_machine_that_is_away(stage: Stage, posted: dict[str, str]) -> None:
    async with stage.bridge() as bridge:
        await working(bridge)
        await AgentProcess.objects.aupdate(last_seen_at=utc_now() - timedelta(seconds=11))
        assert "was last seen" in (await stage.controls())[1]
        await refused(stage, "machine_away", posted)


async def test_run_that_has_ended_is_not_stopped_in_place_of_the_next(stage: Stage) -> None:
    async with stage.bridge() as bridge:
        await working(bridge)
        await status(bridge, "idle")
        await status(bridge, "busy", "second")
        await refused(stage, "run_ended", STOP)


async def test_idle_session_is_not_stopped(stage: Stage) -> None:
    async with stage.bridge() as bridge:
        await working(bridge)
        await status(bridge, "idle")
        await refused(stage, "run_ended", STOP)


@pytest.mark.parametrize("text", ["", " \n", "x" * 4097, "\u00e9" * 2049])
async def test_prompt_without_words_or_with_too_many(stage: Stage, text: str) -> None:
    async with stage.bridge() as bridge:
        await working(bridge)
        await refused(stage, "prompt_malformed", {"op": "prompt", "text": text})


@pytest.mark.parametrize("op", ["allow", "answer", ""])
async def test_answer_to_nothing_that_waits(stage: Stage, op: str) -> None:
    async with stage.bridge() as bridge:
        await working(bridge)
        await refused(stage, "ask_not_shown", {"op": op, "run": "first"})


async def test_nobody_steers_another_persons_agent(stage: Stage) -> None:
    cast = stage.room.cast
    async with stage.bridge() as bridge:
        await working(bridge)
        assert (await stage.controls(cast.charlie))[0] == 404
        assert ["<button" in (await stage.controls(person))[1] for person in (cast.alice, cast.bob)] == [False, False]
        for person in (cast.alice, cast.bob, cast.charlie):
            assert (await stage.steer(person, **STOP))[0] == 404
    assert await Command.objects.acount() == 0


async def test_more_prompts_than_five_a_minute_are_refused(stage: Stage) -> None:
    async with stage.bridge() as bridge:
        await working(bridge)
        codes = [(await stage.steer(op="prompt", text=""))[0] for _ in range(6)]
    assert codes == [422] * 5 + [429]


async def test_prompt_that_no_bridge_takes_expires(stage: Stage) -> None:
    async with stage.bridge() as bridge:
        await working(bridge)
    await AgentProcess.objects.aupdate(last_seen_at=utc_now(), ended_at=None)
    await stage.steer(**PROMPT)
    assert await sync_to_async(commands_expire)(now=utc_now() + timedelta(seconds=61)) == 1
    assert "Not delivered in time" in (await stage.controls())[1]


async def test_what_is_not_named_after_a_reconnect_is_idle(stage: Stage) -> None:
    async with stage.bridge() as bridge:
        await working(bridge)
        await bridge.send({"type": "open", "asks": [], "sessions": {}, "nonce": NONCE})
        await taken(bridge)
    run = await Run.objects.aget()
    assert (run.name, run.status) == ("first", "idle")


async def test_subagents_and_bridges_without_names_of_runs_have_no_row(stage: Stage) -> None:
    nested = {
        "ses_2": {"root": "ses_1", "status": "busy", "run": "second"},
        "ses_3": {"root": "ses_3", "status": "busy"},
    }
    async with stage.bridge() as bridge:
        await opened(bridge, ask_frame(), sessions=nested, mode="prompt")
        assert "hidden" in (await stage.controls())[1]
    assert await Run.objects.acount() == 0


async def test_process_keeps_the_newest_runs_alone(stage: Stage) -> None:
    async with stage.bridge() as bridge:
        await working(bridge)
        many = {f"ses_x{n}": {"root": f"ses_x{n}", "status": "busy", "run": f"r{n}"} for n in range(RUNS_OF_A_PROCESS)}
        await bridge.send({"type": "open", "asks": [], "sessions": many, "nonce": NONCE})
        await taken(bridge)
    assert await Run.objects.acount() == RUNS_OF_A_PROCESS
    assert not await Run.objects.filter(client_id="ses_1").aexists()


async def test_each_raising_of_a_machines_mode_is_told_by_mail_once(stage: Stage) -> None:
    for number, mode in enumerate(["watch", "approve", "approve", "prompt", "watch"]):
        async with stage.bridge() as bridge:
            await opened(bridge, process=f"p{number}", mode=mode)
    told = OutgoingMail.objects.filter(template="steering/mail/raised.html")
    assert [mail.recipient async for mail in told] == ["carol@example.com"] * 2
