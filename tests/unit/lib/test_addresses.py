"""What limits by address count."""

import pytest

from opencode.lib.http import rate_address

COUNTED = {
    "192.0.2.7": "192.0.2.7",
    "::ffff:192.0.2.7": "192.0.2.7",
    "2001:db8:1:2:3:4:5:6": "2001:db8:1:2::/64",
    "2001:DB8:1:2::9": "2001:db8:1:2::/64",
    "fe80::1%eth0": "fe80::/64",
    "testclient": "testclient",
}


@pytest.mark.parametrize(("address", "counted"), COUNTED.items())
def test_an_ipv6_address_counts_as_its_network(address: str, counted: str) -> None:
    assert rate_address(address) == counted


def test_no_address_is_one_like_the_others() -> None:
    assert rate_address(None) == ""
