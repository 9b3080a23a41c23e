"""Keyed hashes under several key versions."""

import pytest
from pytest_django import Settings

from opencode.lib.keyring import current_version, mac, mac_matches, macs_of_all_versions


@pytest.fixture(autouse=True)
def _two_keys(settings: Settings) -> None:
    settings.OPENCODE_KEYRING = {1: b"a" * 32, 2: b"b" * 32}


def test_newest_version_signs() -> None:
    assert current_version() == 2


def test_every_listed_version_verifies() -> None:
    assert mac_matches("purpose", "value", 1, mac("purpose", "value", 1))
    assert mac_matches("purpose", "value", 2, mac("purpose", "value", 2))


def test_a_hash_of_another_version_does_not_match() -> None:
    assert not mac_matches("purpose", "value", 2, mac("purpose", "value", 1))


def test_unlisted_version_matches_nothing(settings: Settings) -> None:
    old = mac("purpose", "value", 1)
    settings.OPENCODE_KEYRING = {2: b"b" * 32}
    assert not mac_matches("purpose", "value", 1, old)


def test_purposes_are_apart() -> None:
    assert mac("api-key", "value", 1) != mac("owner-link", "value", 1)


def test_purpose_and_value_cannot_run_together() -> None:
    assert mac("ab", "c", 1) != mac("a", "bc", 1)


def test_versions_are_listed_newest_first() -> None:
    assert list(macs_of_all_versions("purpose", "value")) == [2, 1]
