"""Records when and from where keys and share tokens were last used, and hashes them again under a newer hash key.

Written by a background thread a moment later: threads that look keys up only read.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from django.conf import settings
from django.db import connection, transaction

from opencode.lib.clock import utc_now
from opencode.lib.keyring import current_version, mac
from opencode.lib.latewrites import LateWrites
from opencode.lib.sql import stored_moment
from workspaces.keys.format import API_KEY_PURPOSE, SHARE_TOKEN_PURPOSE
from workspaces.keys.lookup import LAST_USED_SECONDS, FoundKey, FoundToken

_KEY_TABLE: Final = "workspaces_apikey"
_TOKEN_TABLE: Final = "workspaces_sharetoken"  # noqa: S105 - a table


class Credential(NamedTuple):
    """A key or share token, by its table and id."""

    table: str
    id: str


class CredentialUse(NamedTuple):
    """The first use since the last writing; `new_hash` replaces one made under the hash key's version `old_version`."""

    at: datetime
    ip: str | None
    new_hash: str
    new_version: int
    old_version: int


def mark_key_used(found: FoundKey, secret: str, ip: str | None) -> None:
    """Record when and from where a key was used, at most once a minute; hash it again under the newest key version."""
    _mark(_KEY_TABLE, API_KEY_PURPOSE, found, secret, ip)


def mark_token_used(found: FoundToken, secret: str, ip: str | None) -> None:
    """Record when and from where a share token was used, at most once a minute; hash it again under the newest key."""
    _mark(_TOKEN_TABLE, SHARE_TOKEN_PURPOSE, found, secret, ip)


def _mark(table: str, purpose: str, found: FoundKey | FoundToken, secret: str, ip: str | None) -> None:
    newest = current_version()
    is_outdated = found.hash_version != newest
    if found.is_use_due or is_outdated:
        new_hash = mac(purpose, secret, newest) if is_outdated else ""
        CREDENTIAL_USES.add(
            Credential(table, found.id), CredentialUse(utc_now(), ip, new_hash, newest, found.hash_version)
        )


@transaction.atomic
def _write(uses: Mapping[Credential, CredentialUse]) -> None:
    """Compare-and-set: processes that saw the same stale row write it once; in the order of the ids."""
    with connection.cursor() as cursor:
        for (table, pk), use in sorted(uses.items()):
            stale = use.at - timedelta(seconds=LAST_USED_SECONDS)
            cursor.execute(
                f"UPDATE {table} SET last_used_at = %s, last_used_ip = %s "  # noqa: S608 - a constant
                "WHERE id = %s AND (last_used_at IS NULL OR last_used_at < %s)",
                [stored_moment(use.at), use.ip, pk, stored_moment(stale)],
            )
            if use.new_hash:
                cursor.execute(
                    f"UPDATE {table} SET secret_hash = %s, hash_version = %s "  # noqa: S608 - a constant
                    "WHERE id = %s AND hash_version = %s",
                    [use.new_hash, use.new_version, pk, use.old_version],
                )


def _first(waiting: CredentialUse, _added: CredentialUse) -> CredentialUse:
    return waiting


def _seconds() -> float:
    return settings.CREDENTIAL_USE_SECONDS


CREDENTIAL_USES: Final[LateWrites[Credential, CredentialUse]] = LateWrites(_write, join=_first, seconds=_seconds)
