"""Who calls, remembered for a second and no longer, and forgotten with a fact."""

import pytest

from gateway.relay.caller import CALLER_SECONDS, Caller, Callers
from opencode.lib.errors import CredentialsInvalid
from workspaces.keys.usage import COUNTS

CALLER = Caller("wrk_1", "", "key_1", "", used_key_id="key_1")


class Rows:
    """What look-ups find: `gone` once the right has ended."""

    def __init__(self) -> None:
        self.reads = 0
        self.is_gone = False

    async def read(self) -> Caller:
        self.reads += 1
        if self.is_gone:
            raise CredentialsInvalid
        return CALLER


@pytest.fixture
def now() -> list[float]:
    return [0.0]


@pytest.fixture
def rows() -> Rows:
    return Rows()


@pytest.fixture
def callers(now: list[float]) -> Callers:
    return Callers(lambda: now[0])


async def test_caller_is_looked_up_once_a_second(callers: Callers, rows: Rows, now: list[float]) -> None:
    for _ in range(5):
        assert await callers.find("token", "wrk_1", rows.read) == CALLER
    assert rows.reads == 1
    now[0] = CALLER_SECONDS
    rows.is_gone = True
    with pytest.raises(CredentialsInvalid):
        await callers.find("token", "wrk_1", rows.read)


async def test_nothing_is_remembered_for_another_token_or_workspace(callers: Callers, rows: Rows) -> None:
    for name in (("token", "wrk_1"), ("token", "wrk_2"), ("other", "wrk_1")):
        await callers.find(*name, rows.read)
    assert rows.reads == 3


async def test_refusal_is_not_remembered(callers: Callers, rows: Rows) -> None:
    rows.is_gone = True
    for _ in range(2):
        with pytest.raises(CredentialsInvalid):
            await callers.find("token", "wrk_1", rows.read)
    assert rows.reads == 2


async def test_fact_ends_what_is_remembered_and_what_is_being_read(callers: Callers, rows: Rows) -> None:
    async def overtaken() -> Caller:
        callers.forget()
        return await rows.read()

    await callers.find("token", "wrk_1", overtaken)
    await callers.find("token", "wrk_1", rows.read)
    callers.forget()
    await callers.find("token", "wrk_1", rows.read)
    assert rows.reads == 3


async def test_every_remembered_call_counts_as_a_use_of_its_key(callers: Callers, rows: Rows) -> None:
    COUNTS.take()
    for _ in range(4):
        await callers.find("token", "wrk_1", rows.read)
    # The look-up, which counts by itself, is not one of the product's here.
    assert sum(counts.requests for counts in COUNTS.take().values()) == 3
