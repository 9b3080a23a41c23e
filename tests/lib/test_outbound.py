"""What people can make the console connect to: public addresses, by whatever name or notation."""

import ipaddress
import socket
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest
from django.conf import LazySettings

from opencode.lib import outbound
from opencode.lib.outbound import OutboundRefused, checked_url, get, is_reachable, post
from tests.support.hooks import Receiver, receiving, status

PRIVATE = (
    "127.0.0.1",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",
    "255.255.255.255",
    "224.0.0.1",
    "::1",
    "::",
    "fe80::1",
    "fc00::1",
    "ff02::1",
    "::ffff:127.0.0.1",
    "::ffff:a9fe:a9fe",
    "64:ff9b::7f00:1",
    "2002:7f00:1::",
    "2001:0:7f00:1:0:0:80ff:fffe",
)
PUBLIC = ("1.1.1.1", "93.184.216.34", "2606:4700:4700::1111", "::ffff:1.1.1.1", "64:ff9b::101:101")
ODD_HOSTS = ("2130706433", "0x7f000001", "0177.0.0.1", "127.1", "[::ffff:7f00:1]", "localhost", "localhost.")


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as running:
        yield running


@pytest.fixture
def private(settings: LazySettings) -> None:
    settings.OUTBOUND_PRIVATE = True


@pytest.mark.parametrize("address", PRIVATE)
def test_private_addresses_are_not_reached(address: str) -> None:
    assert not is_reachable(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_are_reached(address: str) -> None:
    assert is_reachable(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/",
        "ftp://example.com/",
        "https://",
        "https:///x",
        "https://user@example.com/",
        "https://user:word@example.com/",
        "https://example.com/#there",
        "https://example.com:99999/",
        "https://[::1/",
        "https://exämple.com/",
        "https://example.com/a b",
        "https://example.com/\r\nX: y",
        "https://127.0.0.1/",
        "https://[::ffff:127.0.0.1]/",
        "https://example.com/" + "a" * 500,
        "javascript:alert(1)",
        "",
    ],
)
def test_addresses_that_are_none_are_refused_in_words(url: str) -> None:
    with pytest.raises(OutboundRefused, match=r"\.$"):
        checked_url(url)


@pytest.mark.parametrize("host", ODD_HOSTS)
def test_no_notation_of_a_private_address_is_connected_to(host: str, receiver: Receiver) -> None:
    port = receiver.server_address[1]
    with pytest.raises((OutboundRefused, OSError)):
        post(f"https://{host}:{port}/", b"{}", {}, seconds=5)
    assert receiver.received == []


def test_name_that_resolves_anew_is_connected_to_where_it_was_checked(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch, settings: LazySettings
) -> None:
    """A name whose first answer is public and whose next is private: only one answer is asked for, and checked."""
    asked: list[str] = []
    connected: list[Any] = []

    def resolve(host: str, port: int, **_: Any) -> list[Any]:
        asked.append(host)
        address = "93.184.216.34" if len(asked) == 1 else "127.0.0.1"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    def connect(_: socket.socket, where: Any) -> None:
        connected.append(where)
        raise OSError("nobody there")

    monkeypatch.setattr(outbound.socket, "getaddrinfo", resolve)
    monkeypatch.setattr(socket.socket, "connect", connect)
    with pytest.raises(OSError, match="nobody there"):
        post("https://rebinding.example/", b"{}", {}, seconds=5)
    assert (asked, connected) == (["rebinding.example"], [("93.184.216.34", 443)])


def test_name_with_a_private_address_among_public_ones_never_reaches_it(monkeypatch: pytest.MonkeyPatch) -> None:
    connected: list[Any] = []

    def resolve(host: str, port: int, **_: Any) -> list[Any]:
        found = ("10.0.0.1", "93.184.216.34", "127.0.0.1")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in found]

    def connect(_: socket.socket, where: Any) -> None:
        connected.append(where[0])
        raise OSError("nobody there")

    monkeypatch.setattr(outbound.socket, "getaddrinfo", resolve)
    monkeypatch.setattr(socket.socket, "connect", connect)
    with pytest.raises(OSError, match="nobody there"):
        post("https://mixed.example/", b"{}", {}, seconds=5)
    assert connected == ["93.184.216.34"]


@pytest.mark.usefixtures("private")
def test_redirect_is_an_answer_like_any_other(receiver: Receiver) -> None:
    receiver.answer = status(302, location=receiver.url)
    assert post(receiver.url, b"{}", {}, seconds=5) == 302
    assert len(receiver.received) == 1


@pytest.mark.usefixtures("private")
def test_body_headers_and_query_arrive_as_they_are(receiver: Receiver) -> None:
    assert post(receiver.url, b'{"a":1}', {"x-one": "1"}, seconds=5) == 204
    got = receiver.received[0]
    assert (got.path, got.headers["x-one"], got.body) == ("/hook?x=1", "1", b'{"a":1}')


@pytest.mark.usefixtures("private")
def test_proxy_of_the_environment_is_not_used(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    assert post(receiver.url, b"{}", {}, seconds=5) == 204


@pytest.mark.usefixtures("private")
def test_receiver_that_sends_a_byte_now_and_then_is_given_up(receiver: Receiver) -> None:
    def trickle(handler: BaseHTTPRequestHandler) -> None:
        for _ in range(200):
            handler.wfile.write(b"H")
            handler.wfile.flush()
            time.sleep(0.1)

    receiver.answer = trickle
    began = time.monotonic()
    with pytest.raises((TimeoutError, OSError)):
        post(receiver.url, b"{}", {}, seconds=0.5)
    assert time.monotonic() - began < 10


@pytest.mark.usefixtures("private")
def test_answer_is_read_up_to_its_bound(receiver: Receiver) -> None:
    receiver.answer = status(200, b"x" * 100)
    assert get(receiver.url, {"x-one": "1"}, seconds=5, at_most=30) == (200, b"x" * 30)
    got = receiver.received[0]
    assert (got.path, got.headers["x-one"], got.body) == ("/hook?x=1", "1", b"")


@pytest.mark.parametrize("host", ODD_HOSTS)
def test_look_ups_reach_no_private_address_either(host: str, receiver: Receiver) -> None:
    with pytest.raises((OutboundRefused, OSError)):
        get(f"https://{host}:{receiver.server_address[1]}/", {}, seconds=5, at_most=10)
    assert receiver.received == []


@pytest.mark.usefixtures("private")
def test_body_that_trickles_in_is_given_up(receiver: Receiver) -> None:
    def trickle(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        for _ in range(200):
            handler.wfile.write(b"x")
            handler.wfile.flush()
            time.sleep(0.1)

    receiver.answer = trickle
    with pytest.raises(TimeoutError):
        get(receiver.url, {}, seconds=0.5, at_most=1000)
