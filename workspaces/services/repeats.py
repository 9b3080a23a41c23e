"""Requests that act once however often they are sent."""

import base64
import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final, NamedTuple

import msgspec
from cryptography.fernet import Fernet, InvalidToken
from django.db import OperationalError, connection, transaction

from opencode.lib.keyring import current_version, key_versions, mac
from workspaces.errors import IdempotencyKeyReused
from workspaces.models import RepeatableCall

KEPT_HOURS: Final = 24
_PURPOSE: Final = "repeatable-call"
# Equal requests wait for the first one's row; when it is refused, MySQL and MariaDB end one waiter as a deadlock.
_ATTEMPTS: Final = 5
_DEADLOCK: Final = 1213


class Answer(NamedTuple):
    """The answer to a request: the status, and the body as JSON text."""

    status: int
    body: str


class _Kept(msgspec.Struct, array_like=True):
    request_hash: str
    status: int
    body: str


_kept = msgspec.json.Decoder(_Kept)


def act_once(*, caller_id: str, key: str, request: bytes, act: Callable[[], Answer]) -> tuple[Answer, bool]:
    """Run `act` and return its answer and False; for a repeat of the request, its kept answer and True.

    The key's row and the act are one transaction: of equal requests at once, one waits for the other; a refusal or a
    crash keeps nothing. `request` is the bytes that make requests the same. Raises IdempotencyKeyReused for another
    request under the same key.
    """
    for _ in range(_ATTEMPTS - 1):
        try:
            return _act_once(caller_id, key, request, act)
        except OperationalError as error:
            if error.args[0] != _DEADLOCK or connection.in_atomic_block:
                raise
    return _act_once(caller_id, key, request, act)


def _act_once(caller_id: str, key: str, request: bytes, act: Callable[[], Answer]) -> tuple[Answer, bool]:
    request_hash = hashlib.sha256(request).hexdigest()
    key_hash = hashlib.sha256(f"{caller_id}\0{key}".encode()).hexdigest()
    with transaction.atomic():
        call, is_first = RepeatableCall.objects.get_or_create(
            caller_id=caller_id, key_hash=key_hash, defaults={"hash_version": current_version()}
        )
        if not is_first:
            return _opened(call, key, request_hash), True
        answer = act()
        kept = msgspec.json.encode(_Kept(request_hash, *answer))
        call.answer = _box(caller_id, key, call.hash_version).encrypt(kept).decode()
        call.save(update_fields=["answer"])
    return answer, False


def repeatable_calls_purge(*, now: datetime) -> int:
    """Delete the answers that were kept for a day; returns how many."""
    removed, _ = RepeatableCall.objects.filter(created_at__lt=now - timedelta(hours=KEPT_HOURS)).delete()
    return removed


def _opened(call: RepeatableCall, key: str, request_hash: str) -> Answer:
    if call.hash_version not in key_versions():
        raise IdempotencyKeyReused
    try:
        kept = _kept.decode(_box(call.caller_id, key, call.hash_version).decrypt(call.answer.encode()))
    except InvalidToken as error:
        raise IdempotencyKeyReused from error
    if kept.request_hash != request_hash:
        raise IdempotencyKeyReused
    return Answer(kept.status, kept.body)


def _box(caller_id: str, key: str, version: int) -> Fernet:
    derived = bytes.fromhex(mac(_PURPOSE, f"{caller_id}\0{key}", version))
    return Fernet(base64.urlsafe_b64encode(derived))
