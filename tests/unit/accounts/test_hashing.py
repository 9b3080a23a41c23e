"""Passwords' hashes cost little memory, and few are made at once."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher

from accounts.hashing import AT_ONCE, BoundedArgon2PasswordHasher
from opencode.settings import embedded

PASSWORD = "correct horse battery staple"


def test_it_is_what_the_console_hashes_with() -> None:
    hasher = BoundedArgon2PasswordHasher
    assert embedded.PASSWORD_HASHERS[0] == f"{hasher.__module__}.{hasher.__name__}"


def test_hashes_are_sized_and_those_of_another_size_are_made_anew() -> None:
    hasher, former = BoundedArgon2PasswordHasher(), Argon2PasswordHasher()
    encoded = hasher.encode(PASSWORD, hasher.salt())
    assert "$m=19456,t=2,p=1$" in encoded
    assert [hasher.verify(PASSWORD, encoded), hasher.verify("another", encoded)] == [True, False]
    assert not hasher.must_update(encoded)
    old = former.encode(PASSWORD, former.salt())
    assert hasher.verify(PASSWORD, old)
    assert hasher.must_update(old)


@pytest.mark.parametrize("act", ["encode", "verify"])
def test_no_more_are_made_at_once_than_there_are_places(monkeypatch: pytest.MonkeyPatch, act: str) -> None:
    lock, now, most = threading.Lock(), [0], [0]
    all_wait = threading.Event()

    def slow(self: Any, *given: str) -> str:
        with lock:
            now[0] += 1
            most[0] = max(most[0], now[0])
        all_wait.wait(0.05)
        with lock:
            now[0] -= 1
        return "x"

    monkeypatch.setattr(Argon2PasswordHasher, act, slow)
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda _: getattr(BoundedArgon2PasswordHasher(), act)("a", "b"), range(16)))
    assert most == [AT_ONCE]
