"""Masking costs time linear in the text, whatever the text is."""

import time

import pytest

from sync.masking import mask_text

CHARACTERS = 200_000
# Ten times what 200 KB of code took here; a square law is a hundred times above it.
SECONDS = 0.5
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


@pytest.mark.parametrize("piece", HOSTILE)
@pytest.mark.parametrize("is_growing", [False, True])
def test_repeated_pieces_cost_no_more_than_their_length(piece: str, is_growing: bool) -> None:
    text = piece * (CHARACTERS // len(piece))
    mask_text("warm", is_growing=is_growing)
    began = time.process_time()
    mask_text(text, is_growing=is_growing)
    assert time.process_time() - began < SECONDS
