"""What cannot be done this moment is tried again for a while, then refused with its reason."""

from collections.abc import Awaitable, Callable

import pytest
from django.db import OperationalError

from opencode.lib.errors import Denial, ServiceUnavailable, TooManyRequests
from sync.agents import patience
from sync.errors import SessionGone, WriterBusy


@pytest.fixture(autouse=True)
def short_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "PATIENCE_SECONDS", 0.1)
    monkeypatch.setattr(patience, "FIRST_PAUSE_SECONDS", 0.001)


def failing(times: int, error: Exception) -> tuple[Callable[[], Awaitable[str]], list[int]]:
    """An attempt that fails so many times, and the list that counts its calls."""
    calls: list[int] = []

    async def attempt() -> str:
        calls.append(1)
        if len(calls) <= times:
            raise error
        return "kept"

    return attempt, calls


@pytest.mark.parametrize("error", [WriterBusy(), ServiceUnavailable(), TooManyRequests(), OperationalError("locked")])
async def test_a_passing_trouble_only_delays(error: Exception) -> None:
    attempt, calls = failing(3, error)
    assert await patience.patiently(attempt) == "kept"
    assert len(calls) == 4


@pytest.mark.parametrize(
    ("error", "raised"),
    [(WriterBusy(), WriterBusy), (TooManyRequests(), TooManyRequests), (OperationalError("x"), ServiceUnavailable)],
)
async def test_a_lasting_trouble_is_refused_with_its_reason(error: Exception, raised: type[Denial]) -> None:
    attempt, calls = failing(10_000, error)
    with pytest.raises(raised):
        await patience.patiently(attempt)
    assert len(calls) > 3


async def test_a_final_refusal_is_not_repeated() -> None:
    attempt, calls = failing(1, SessionGone())
    with pytest.raises(SessionGone):
        await patience.patiently(attempt)
    assert len(calls) == 1
