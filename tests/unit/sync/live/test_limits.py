"""Which open sockets count together."""

import pytest
from pytest_django import Settings

from sync.errors import SocketLimitReached
from sync.live.access import SessionAccess
from sync.live.limits import SocketCounts


def test_a_network_of_ipv6_is_one_address(settings: Settings) -> None:
    settings.SYNC_ADDRESS_SOCKETS = 1
    counts, access = SocketCounts(), SessionAccess(1, "ses_1", "viewer")
    counts.add(access, "2001:db8:0:1::1")
    counts.require_room(access, "2001:db8:0:2::1")
    with pytest.raises(SocketLimitReached):
        counts.require_room(access, "2001:db8:0:1::2")
    counts.remove(access, "2001:db8:0:1::3")
    counts.require_room(access, "2001:db8:0:1::2")
