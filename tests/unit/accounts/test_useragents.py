"""Browsers by their names."""

import pytest

from accounts.useragents import device_name

BASE = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Safari/537.36"


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [
        (BASE, "Chrome on Linux"),
        (BASE + " Edg/130.0", "Edge on Linux"),
        ("Mozilla/5.0 (Windows NT 10.0; rv:130.0) Gecko/20100101 Firefox/130.0", "Firefox on Windows"),
        ("Mozilla/5.0 (Macintosh; Intel) AppleWebKit/605 Version/17 Safari/605", "Safari on macOS"),
        ("Mozilla/5.0 (Linux; Android 14) Chrome/130 Mobile Safari/537", "Chrome on Android"),
        ("curl/8.5.0", "curl"),
        ("", "unknown browser"),
        ("<script>", "unknown browser"),
    ],
)
def test_device_has_a_name(user_agent: str, name: str) -> None:
    assert device_name(user_agent) == name
