"""Sealed secrets open for their purpose only, under any listed key."""

import pytest
from pytest_django import Settings

from opencode.lib.sealing import SealBroken, seal, unseal

OLD, NEW = b"o" * 32, b"n" * 32


def test_sealed_text_comes_back_and_cannot_be_read() -> None:
    sealed = seal("mail", "a secret, ключ")
    assert "secret" not in sealed
    assert unseal("mail", sealed) == "a secret, ключ"


def test_same_text_is_sealed_differently_each_time() -> None:
    assert seal("mail", "a") != seal("mail", "a")


def test_seal_of_another_purpose_does_not_open() -> None:
    with pytest.raises(SealBroken):
        unseal("totp", seal("mail", "a"))


def test_altered_seal_does_not_open() -> None:
    sealed = seal("mail", "a")
    with pytest.raises(SealBroken):
        unseal("mail", sealed[:-3] + "AAA")


def test_older_keys_open_and_the_newest_seals(settings: Settings) -> None:
    settings.OPENCODE_KEYRING = {1: OLD}
    old = seal("mail", "a")
    settings.OPENCODE_KEYRING = {1: OLD, 2: NEW}
    new = seal("mail", "b")
    assert unseal("mail", old) == "a"
    settings.OPENCODE_KEYRING = {2: NEW}
    assert unseal("mail", new) == "b"
    with pytest.raises(SealBroken):
        unseal("mail", old)
