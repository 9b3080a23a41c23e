"""Masking costs time linear in the text, whatever the text is."""

import time

import pytest

from sync.masking import mask_text

SHORT, LONG = 25_000, 200_000
# Eight times the text may cost eight times as much, and half again for what a busy machine adds; a square law costs
# sixty-four times as much. The floor is for what is too short to be timed.
GROWTH, FLOOR_SECONDS = 12, 0.02
HOSTILE = (
    "token",
    "token=",
    "password:'",
    "-----BEGIN PRIVATE KEY-----\n",
    "://a:",
    "eyJ",
    "eyJaaaaaaaa.",
    "sk-",
    "a",
    ".",
    "AKIA",
    "secret_secret-",
    "é token=",
    "export API_KEY=\n",
    "Authorization: Bearer ",
    '"api_key": "',
    "--token ",
    "xoxb-1-",
    "[hidden: x] ",
)


def cost(text: str, *, is_growing: bool) -> float:
    """Seconds of CPU of one masking, the least of three."""

    def once() -> float:
        began = time.process_time()
        mask_text(text, is_growing=is_growing)
        return time.process_time() - began

    return min(once() for _ in range(3))


@pytest.mark.parametrize("piece", HOSTILE)
@pytest.mark.parametrize("is_growing", [False, True])
def test_repeated_pieces_cost_no_more_than_their_length(piece: str, is_growing: bool) -> None:
    mask_text("warm", is_growing=is_growing)
    short = cost(piece * (SHORT // len(piece)), is_growing=is_growing)
    long = cost(piece * (LONG // len(piece)), is_growing=is_growing)
    assert long < GROWTH * short + FLOOR_SECONDS
