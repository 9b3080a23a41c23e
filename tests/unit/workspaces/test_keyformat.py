"""The text form of keys and tokens."""

import re
import zlib

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from opencode.lib.ids import BASE62
from workspaces.keys.format import (
    API_KEY_PREFIX,
    SECRETS_FOUND,
    SHARE_TOKEN_PREFIX,
    checksum,
    is_well_formed,
    is_whole,
    new_secret,
    secrets_in,
    shown_prefix,
)

BODIES = st.text(alphabet=BASE62, min_size=27, max_size=27).map(lambda text: API_KEY_PREFIX + text)


def test_key_is_prefix_27_characters_and_6_of_checksum() -> None:
    assert re.fullmatch(r"oc_live_[0-9A-Za-z]{33}", new_secret(API_KEY_PREFIX))


def test_checksum_is_crc32_of_all_before_it_in_base62() -> None:
    body = "oc_live_" + "0" * 27
    digits = checksum(body)
    value = sum(BASE62.index(digit) * 62 ** (5 - place) for place, digit in enumerate(digits))
    assert value == zlib.crc32(body.encode())


def test_checksum_of_a_known_key_never_changes() -> None:
    assert checksum("oc_live_" + "0" * 27) == "0wVDfG"


def test_two_keys_differ() -> None:
    assert new_secret(API_KEY_PREFIX) != new_secret(API_KEY_PREFIX)


@given(BODIES)
def test_every_key_with_its_checksum_is_well_formed(body: str) -> None:
    assert is_well_formed(body + checksum(body), API_KEY_PREFIX)


@given(BODIES, st.integers(min_value=8, max_value=40), st.sampled_from(BASE62))
def test_one_wrong_character_is_noticed(body: str, place: int, wrong: str) -> None:
    key = body + checksum(body)
    assume(key[place] != wrong)
    assert not is_well_formed(key[:place] + wrong + key[place + 1 :], API_KEY_PREFIX)


@given(BODIES, st.integers(min_value=8, max_value=39))
def test_two_swapped_characters_are_noticed(body: str, place: int) -> None:
    key = body + checksum(body)
    assume(key[place] != key[place + 1])
    swapped = key[:place] + key[place + 1] + key[place] + key[place + 2 :]
    assert not is_well_formed(swapped, API_KEY_PREFIX)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "oc_live_",
        new_secret(SHARE_TOKEN_PREFIX),
        new_secret(API_KEY_PREFIX)[:-1],
        new_secret(API_KEY_PREFIX) + "0",
        new_secret(API_KEY_PREFIX) + "\n",
        " " + new_secret(API_KEY_PREFIX),
        "oc_live_" + "-" * 33,
        "oc_live_" + "\ud800" * 33,
        "oc_live_" + "٠" * 33,
    ],
    ids=["empty", "prefix", "other kind", "short", "long", "line end", "space", "dashes", "surrogates", "other digits"],
)
def test_look_alikes_are_refused(text: str) -> None:
    assert not is_well_formed(text, API_KEY_PREFIX)


def test_a_key_does_not_pass_as_a_share_token() -> None:
    key = new_secret(API_KEY_PREFIX)
    assert not is_well_formed(key, SHARE_TOKEN_PREFIX)
    assert not is_well_formed(SHARE_TOKEN_PREFIX + key[len(API_KEY_PREFIX) :], SHARE_TOKEN_PREFIX)


def test_lists_show_six_random_characters() -> None:
    key = new_secret(API_KEY_PREFIX)
    assert shown_prefix(key, API_KEY_PREFIX) == key[:14]


@pytest.mark.parametrize("frame", ["{}", "Bearer {}\r\n", '{{"key":"{}"}}', "https://x/w/{}/api", "a={}&b", "({}),"])
def test_a_secret_is_found_in_whatever_surrounds_it(frame: str) -> None:
    for prefix in (API_KEY_PREFIX, SHARE_TOKEN_PREFIX):
        secret = new_secret(prefix)
        assert secrets_in(frame.format(secret)) == [secret]


def test_each_secret_is_found_once_and_in_order() -> None:
    first, second = new_secret(API_KEY_PREFIX), new_secret(SHARE_TOKEN_PREFIX)
    assert secrets_in(f"{first} {second} {first}") == [first, second]


def test_a_text_full_of_secrets_costs_no_more_than_so_many() -> None:
    assert len(secrets_in(" ".join(new_secret(API_KEY_PREFIX) for _ in range(30)))) == SECRETS_FOUND


@given(st.text())
def test_any_text_is_looked_through(text: str) -> None:
    assert all(secret.startswith("oc_") for secret in secrets_in(text))


def test_only_a_whole_secret_is_whole() -> None:
    secrets = [new_secret(API_KEY_PREFIX), new_secret(SHARE_TOKEN_PREFIX)]
    assert [(is_whole(secret), is_whole(secret[:-1])) for secret in secrets] == [(True, False)] * 2
