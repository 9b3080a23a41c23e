"""A person decides what their agent waits for: who may, what reaches the bridge, and what becomes of it."""

from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from asgiref.sync import sync_to_async

from opencode.lib.clock import utc_now
from steering.models import AgentProcess, Ask, Command, Machine, SteeringPolicy
from steering.services.commands import commands_expire
from tests.support.bridges import COMMAND, NONCE, QUESTION, ask_frame, commanded, opened, taken
from tests.support.steering import HOUR, Stage, acts, result

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def heartbeat_seconds() -> float:
    return 60


async def test_what_was_allowed_reaches_the_bridge_and_its_end_the_page(stage: Stage) -> None:
    async with stage.bridge() as bridge:
        await opened(bridge, ask_frame(), mode="approve")
        status, page = await stage.decide()
        command = await commanded(bridge)
        assert (status, "Sent to the machine" in page or "Waiting for the machine" in page) == (302, True)
        ask = await Ask.objects.aget()
        said = {name: command[name] for name in ("process", "op", "ask", "session", "digest", "payload", "nonce", "by")}
        assert said == {
            "process": "p1",
            "op": "allow",
            "ask": "per_1",
            "session": "ses_1",
            "digest": ask.digest,
            "payload": {},
            "nonce": NONCE,
            "by": "Carol",
        }
        await result(bridge, command, "done")
        await bridge.send({"type": "resolved", "id": "per_1", "outcome": "once"})
        await taken(bridge)
    row = await Command.objects.aget()
    assert (row.state, row.open_slot) == ("done", None)
    assert (await Ask.objects.aget()).state == "once"
    (decided, told), (ended, end) = await acts()
    assert (decided, ended) == ("steering.decide", "steering.result")
    assert (told["op"], told["digest"], told["ask"]) == ("allow", row.digest, "per_1")
    assert 0 <= told["factor_age"] < HOUR
    assert (end["outcome"], end["command"]) == ("done", row.pk)


async def test_words_of_a_refusal_and_answers_are_passed_on(stage: Stage) -> None:
    async with stage.bridge() as bridge:
        await opened(bridge, ask_frame(), mode="approve")
        await stage.decide(op="reject", words=" use make clean ")
        first = await commanded(bridge)
        await result(bridge, first, "done")
        await bridge.send({"type": "resolved", "id": "per_1", "outcome": "rejected"})
        await taken(bridge)
        await Ask.objects.all().adelete()
        await bridge.send(ask_frame("que_1", QUESTION, kind="question"))
        await taken(bridge)
        await stage.decide(**{"op": "answer", "choice-0": ["MySQL"], "own-0": "8.4"})
        second = await commanded(bridge)
    assert (first["op"], first["payload"]) == ("reject", {"message": "use make clean"})
    assert (second["op"], second["payload"]) == ("answer", {"answers": [["MySQL", "8.4"]]})


async def test_first_decision_wins(stage: Stage) -> None:
    async with stage.bridge() as bridge:
        await opened(bridge, ask_frame(), mode="approve")
        await stage.decide(op="reject")
        _, page = await stage.decide(op="allow")
        assert "Somebody has just decided this" in page
        assert (await commanded(bridge))["op"] == "reject"
        await taken(bridge)
    assert [row.op async for row in Command.objects.all()] == ["reject"]


async def refused(stage: Stage, code: str, **posted: str) -> None:
    """Nothing reaches the bridge, and the attempt is in the audit log."""
    status, _ = await stage.decide(**posted)
    assert status == 302
    assert [(action, details["code"]) for action, details in await acts()] == [("steering.refuse", code)]
    assert await Command.objects.acount() == 0


async def test_workspace_that_allows_nothing(stage: Stage) -> None:
    await SteeringPolicy.objects.all().adelete()
    async with stage.bridge() as bridge:
        welcome = await opened(bridge, ask_frame(), mode="approve")
        await refused(stage, "ceiling_too_low")
    assert welcome["ceiling"] == "off"


@pytest.mark.parametrize("mode", ["watch", "off", "always", ""])
async def test_machine_that_allows_nothing(stage: Stage, mode: str) -> None:
    async with stage.bridge() as bridge:
        await opened(bridge, ask_frame(), mode=mode)
        await refused(stage, "machine_forbids")


@pytest.mark.parametrize(
    "factors",
    [[], [("totp", 12 * HOUR + 60)], [("recovery_codes", 0)]],
    ids=["none shown", "shown long ago", "a recovery code"],
)
async def test_browser_without_a_fresh_second_factor(stage: Stage, factors: list[tuple[str, float]]) -> None:
    stage.factors = factors
    async with stage.bridge() as bridge:
        await opened(bridge, ask_frame(), mode="approve")
        await refused(stage, "step_up_needed")


async def test_person_without_any_second_factor(stage: Stage) -> None:
    await Authenticator.objects.all().adelete()
    async with stage.bridge() as bridge:
        await opened(bridge, ask_frame(), mode="approve")
        await refused(stage, "step_up_needed")


@pytest.mark.parametrize(
    "posted", [{"digest": "0" * 64}, {"digest": ""}, {"op": "answer"}, {"op": "always"}, {"op": ""}]
)
async def test_decision_about_something_else_than_what_was_shown(stage: Stage, posted: dict[str, str]) -> None:
    async with stage.bridge() as bridge:
        await opened(bridge, ask_frame(), mode="approve")
        await refused(stage, "ask_not_shown", **posted)


async def test_ask_that_is_too_large_to_be_shown(stage: Stage) -> None:
    large = {**COMMAND, "metadata": {"command": "x" * 70_000}}
    async with stage.bridge() as bridge:
        await opened(bridge, ask_frame(content=large), mode="approve")
        await refused(stage, "ask_not_shown")


async def test_ask_that_has_ended(stage: Stage) -> None:
    async with stage.bridge() as bridge:
        await opened(bridge, ask_frame(), mode="approve")
        await bridge.send({"type": "status", "session": "ses_1", "root": "ses_1", "status": "idle"})
        await taken(bridge)
        await refused(stage, "ask_ended")


async def test_machine_that_is_away(stage: Stage) -> None:
    async with stage.bridge() as bridge:
        await opened(bridge, ask_frame(), mode="approve")
        await AgentProcess.objects.aupdate(last_seen_at=utc_now() - timedelta(seconds=11))
        await refused(stage, "machine_away")


async def test_nobody_decides_for_another_person(stage: Stage) -> None:
    """Members look at it, an owner too; strangers do not know of it."""
    cast = stage.room.cast
    await Authenticator.objects.acreate(user=cast.alice, type="totp", data={})
    async with stage.bridge() as bridge:
        await opened(bridge, ask_frame(), mode="approve")
        status, page = await stage.decide(cast.alice)
        assert (status, "Only <bdi>Carol</bdi> can decide" in page, "Allow once" in page) == (403, True, False)
        assert (await stage.decide(cast.charlie))[0] == 404
    assert await Command.objects.acount() == 0


async def test_more_decisions_than_a_person_makes_are_refused(stage: Stage) -> None:
    async with stage.bridge() as bridge:
        await opened(bridge, ask_frame(), mode="approve")
        statuses = [(await stage.decide(digest=""))[0] for _ in range(31)]
    assert statuses.count(429) >= 1
    assert len(await acts()) <= 30


async def test_command_that_no_bridge_takes_expires_and_may_be_given_again(stage: Stage) -> None:
    async with stage.bridge() as bridge:
        await opened(bridge, ask_frame(), mode="approve")
    await stage.decide()
    assert await sync_to_async(commands_expire)(now=utc_now()) == 0
    assert await sync_to_async(commands_expire)(now=utc_now() + timedelta(seconds=61)) == 1
    assert [row.state async for row in Command.objects.all()] == ["expired"]
    await AgentProcess.objects.aupdate(last_seen_at=utc_now())
    _, page = await stage.decide()
    assert "Not delivered in time" in page
    assert await Command.objects.acount() == 2


async def test_command_that_was_sent_and_not_answered_is_unknown_until_it_is(stage: Stage) -> None:
    async with stage.bridge() as bridge:
        await opened(bridge, ask_frame(), mode="approve")
        await stage.decide()
        command = await commanded(bridge)
        await sync_to_async(commands_expire)(now=utc_now() + timedelta(seconds=61))
        assert (await Command.objects.aget()).state == "sent"
        await sync_to_async(commands_expire)(now=utc_now() + timedelta(seconds=91))
        assert (await Command.objects.aget()).state == "unknown"
        await result(bridge, command, "gone")
        await result(bridge, command, "done")
    assert (await Command.objects.aget()).state == "gone"


async def test_bridge_that_comes_back_is_sent_it_again_under_the_same_id(stage: Stage) -> None:
    async with stage.bridge() as bridge:
        welcome = await opened(bridge, ask_frame(), mode="approve")
        await stage.decide()
        first = await commanded(bridge)
    async with stage.bridge() as bridge:
        await bridge.send(
            {"type": "hello", "process": "p1", "machine": "laptop", "mode": "approve", "resume": welcome["resume"]}
        )
        await bridge.send({"type": "open", "asks": [ask_frame()], "sessions": {}, "nonce": "newer"})
        again = await commanded(bridge)
    assert again == {**first, "nonce": "newer"}


async def test_another_process_is_never_sent_it(stage: Stage) -> None:
    async with stage.bridge() as one, stage.bridge() as two:
        await opened(one, ask_frame(), mode="approve")
        await opened(two, process="p2", mode="approve")
        await stage.decide()
        command = await commanded(one)
        await two.send({"type": "result", "id": command["id"], "outcome": "done"})
        await taken(two)
        assert (await Command.objects.aget()).state == "sent"


async def test_lowering_the_mode_counts_at_the_next_hello(stage: Stage) -> None:
    async with stage.bridge() as bridge:
        welcome = await opened(bridge, ask_frame(), mode="approve")
    async with stage.bridge() as bridge:
        await opened(bridge, ask_frame(), resume=welcome["resume"], mode="watch")
        assert (await Machine.objects.aget()).mode == "watch"
