"""Positions: read from what clients name, written as they are told, and when one can be gone on from."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.protocol.positions import Position


@given(st.text("abcdef0123456789", min_size=1), st.integers(0, 10**18 - 1))
def test_a_position_is_read_back_from_its_text(epoch: str, seq: int) -> None:
    assert Position.parse(str(Position(epoch, seq))) == (epoch, seq)


@pytest.mark.parametrize("text", ["", ":", "e", "e:", ":3", "e:x", "e:-1", "e:1:2", "e:٣", "e:1.0", "e:" + "9" * 19])
def test_what_names_no_position_is_none(text: str) -> None:
    assert Position.parse(text) is None


@pytest.mark.parametrize(
    ("position", "is_followed"),
    [
        (Position("e", 0), True),
        (Position("e", 5), True),
        (Position("e", 6), False),
        (Position("e", -1), False),
        (Position("other", 3), False),
    ],
)
def test_only_a_position_of_this_epoch_up_to_the_head_can_be_gone_on_from(
    position: Position, is_followed: bool
) -> None:
    assert position.leads_to(Position("e", 5)) is is_followed
