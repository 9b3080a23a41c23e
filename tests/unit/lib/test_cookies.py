"""Cookies cost little to parse, whoever made them."""

import time

from django.http.cookie import parse_cookie

from opencode.lib.asgi.cookies import ESCAPED_BYTES, plain_cookies

BURST = b'a="' + b'\\"' * 30_000 + b'"'
MESSAGES = b'messages="' + b'\\"' * 900 + b'"'


def test_headers_without_backslashes_stay_as_they_are() -> None:
    headers = [(b"host", b"x"), (b"cookie", b"a=b; c=d"), (b"x", b"\\")]
    assert plain_cookies(headers) == headers


def test_a_small_escaped_cookie_stays_beside_others() -> None:
    assert plain_cookies([(b"cookie", b"a=b;" + MESSAGES)]) == [(b"cookie", b"a=b;" + MESSAGES)]


def test_a_large_escaped_cookie_is_left_out() -> None:
    assert plain_cookies([(b"cookie", b"a=b;" + BURST)]) == [(b"cookie", b"a=b")]


def test_a_second_escaped_cookie_is_left_out_in_another_header_too() -> None:
    found = plain_cookies([(b"cookie", MESSAGES), (b"cookie", b"c=d; " + MESSAGES)])
    assert found == [(b"cookie", MESSAGES), (b"cookie", b"c=d")]


def test_what_is_left_is_parsed_in_milliseconds() -> None:
    worst = b"; ".join([b'a="' + b'\\"' * ((ESCAPED_BYTES - 10) // 2) + b'"'] * 29)
    [(_, header)] = plain_cookies([(b"cookie", worst)])
    began = time.process_time()
    parse_cookie(header.decode())
    assert time.process_time() - began < 0.25
