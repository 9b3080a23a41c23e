"""Which open sockets count together, and how many publishers are remembered."""

import pytest
from pytest_django import Settings

from sync.errors import SocketLimitReached
from sync.live.access import SessionAccess
from sync.live.limits import BUCKETS, PublishPace, SocketCounts


def test_a_network_of_ipv6_is_one_address(settings: Settings) -> None:
    settings.SYNC_ADDRESS_SOCKETS = 1
    counts, access = SocketCounts(), SessionAccess(1, "ses_1", "viewer")
    counts.add(access, "2001:db8:0:1::1")
    counts.require_room(access, "2001:db8:0:2::1")
    with pytest.raises(SocketLimitReached):
        counts.require_room(access, "2001:db8:0:1::2")
    counts.remove(access, "2001:db8:0:1::3")
    counts.require_room(access, "2001:db8:0:1::2")


def test_however_many_publish_their_paces_take_bounded_memory() -> None:
    pace = PublishPace()
    for number in range(BUCKETS + 50):
        pace.wait(SessionAccess(1, "ses_1", "editor", key_id=f"key_{number}"))
    assert len(pace._buckets.items()) == BUCKETS


def test_a_pace_is_kept_while_its_key_publishes(settings: Settings) -> None:
    settings.SYNC_KEY_PUBLISHES_PER_SECOND = 2
    pace, access = PublishPace(), SessionAccess(1, "ses_1", "editor", key_id="key_1")
    assert [bool(pace.wait(access)) for _ in range(4)][-1]
