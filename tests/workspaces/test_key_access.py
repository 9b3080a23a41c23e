"""What a presented API key opens, and every reason for which it opens nothing."""

import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import DatabaseError, connection
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.models import Device
from opencode.lib.actor import THE_CONSOLE
from opencode.lib.clock import utc_now
from opencode.lib.errors import CredentialsInvalid, Forbidden
from tests.cast import Cast, acting
from tests.support.devices import device_of
from tests.support.logs import events
from tests.support.uses import uses_flush
from tests.workspaces.conftest import MakeKey, MakeToken
from workspaces.access import device_access, key_access, share_token_access
from workspaces.keys import lookup as credentials
from workspaces.keys.format import API_KEY_PREFIX, checksum, new_secret
from workspaces.models import APIKey, ShareToken
from workspaces.services.api_keys import api_key_revoke
from workspaces.services.memberships import membership_remove

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def test_key_opens_its_workspace_for_its_person(cast: Cast, make_key: MakeKey) -> None:
    key, secret = make_key(cast.carol, scopes=["sync:read"])
    access = key_access(secret)
    assert (access.key_id, access.workspace_id, access.user_id) == (key.pk, cast.alpha.pk, cast.carol.pk)
    assert access.membership_id == cast.membership(cast.carol).pk
    assert access.scopes == {"sync:read"}


def test_key_without_a_scope_is_refused_that_scope(cast: Cast, make_key: MakeKey) -> None:
    access = key_access(make_key(cast.carol, scopes=["sync:read"])[1])
    access.require("sync:read")
    with pytest.raises(Forbidden, match="sync:write"):
        access.require("sync:write")


def test_service_key_belongs_to_nobody(cast: Cast, make_key: MakeKey) -> None:
    access = key_access(make_key(cast.bob, is_service_key=True)[1])
    assert (access.user_id, access.membership_id) == (None, None)


def test_service_key_outlives_who_made_it(cast: Cast, make_key: MakeKey) -> None:
    _, secret = make_key(cast.bob, is_service_key=True)
    membership_remove(membership=cast.membership(cast.bob), actor=acting(cast.alice))
    assert key_access(secret).workspace_id == cast.alpha.pk


End = Callable[[Cast, APIKey], object]


def _revoke(cast: Cast, key: APIKey) -> None:
    api_key_revoke(key=key, actor=THE_CONSOLE)


def _expire(cast: Cast, key: APIKey) -> None:
    APIKey.objects.filter(pk=key.pk).update(expires_at=utc_now() - timedelta(seconds=1))


def _remove_member(cast: Cast, key: APIKey) -> None:
    membership_remove(membership=cast.membership(cast.carol), actor=acting(cast.alice))


def _end_membership_only(cast: Cast, key: APIKey) -> None:
    cast.membership(cast.carol).delete()


def _block_person(cast: Cast, key: APIKey) -> None:
    cast.carol.is_active = False
    cast.carol.save()


def _delete_workspace(cast: Cast, key: APIKey) -> None:
    cast.alpha.deleted_at = utc_now()
    cast.alpha.save()


ENDS: list[End] = [_revoke, _expire, _remove_member, _end_membership_only, _block_person, _delete_workspace]


@pytest.mark.parametrize("end", ENDS)
def test_key_ends_at_once(cast: Cast, make_key: MakeKey, end: End) -> None:
    key, secret = make_key(cast.carol)
    key_access(secret)
    end(cast, key)
    with pytest.raises(CredentialsInvalid):
        key_access(secret)


def test_key_is_alive_until_the_moment_it_expires(cast: Cast, make_key: MakeKey) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        _, secret = make_key(cast.carol, expires_at=NOON + timedelta(days=1))
        clock.shift(timedelta(days=1, seconds=-1))
        key_access(secret)
        clock.shift(timedelta(seconds=1))
        with pytest.raises(CredentialsInvalid):
            key_access(secret)


def test_every_refusal_reads_the_same(cast: Cast, make_key: MakeKey) -> None:
    key, secret = make_key(cast.carol)
    api_key_revoke(key=key, actor=THE_CONSOLE)
    messages = set()
    for presented in (secret, new_secret(API_KEY_PREFIX), "nonsense"):
        with pytest.raises(CredentialsInvalid) as refusal:
            key_access(presented)
        messages.add(refusal.value.message)
    assert len(messages) == 1


def test_wrong_checksum_is_refused_without_asking_the_database(
    cast: Cast, make_key: MakeKey, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    _, secret = make_key(cast.carol)
    wrong = secret[:-1] + ("0" if secret[-1] != "0" else "1")
    with django_assert_num_queries(0), pytest.raises(CredentialsInvalid):
        key_access(wrong)


@pytest.mark.parametrize("text", ["", "oc_live_", "Bearer", "\x00", "oc_live_" + "ä" * 33, "a" * 100_000])
def test_nonsense_is_refused(cast: Cast, text: str) -> None:
    with pytest.raises(CredentialsInvalid):
        key_access(text)


def test_well_formed_but_unknown_key_is_refused(cast: Cast) -> None:
    body = API_KEY_PREFIX + "A" * 27
    with pytest.raises(CredentialsInvalid):
        key_access(body + checksum(body))


def test_key_costs_one_indexed_read(
    cast: Cast, make_key: MakeKey, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    _, secret = make_key(cast.carol)
    key_access(secret)
    with django_assert_num_queries(1) as queries:
        key_access(secret)
    with connection.cursor() as cursor:
        cursor.execute(f"{connection.ops.explain_query_prefix()} {queries.captured_queries[0]['sql']}")
        plan = str(cursor.fetchall())
    # How SQLite and MariaDB name the reading of a whole table.
    assert "SCAN" not in plan
    assert "'ALL'" not in plan


def test_use_is_written_at_most_once_a_minute(cast: Cast, make_key: MakeKey) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        key, secret = make_key(cast.carol)
        for seconds in (0, 59, 1):
            clock.shift(timedelta(seconds=seconds))
            key_access(secret, ip=f"192.0.2.{seconds}")
            uses_flush()
    key.refresh_from_db()
    assert (key.last_used_at, key.last_used_ip) == (NOON, "192.0.2.0")


def test_use_is_written_again_after_a_minute(cast: Cast, make_key: MakeKey) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        key, secret = make_key(cast.carol)
        key_access(secret, ip="192.0.2.1")
        uses_flush()
        clock.shift(timedelta(seconds=61))
        key_access(secret, ip="192.0.2.2")
        uses_flush()
    key.refresh_from_db()
    assert (key.last_used_at, key.last_used_ip) == (NOON + timedelta(seconds=61), "192.0.2.2")


def test_key_of_an_older_hash_key_works_and_is_hashed_anew(cast: Cast, make_key: MakeKey, settings: Settings) -> None:
    key, secret = make_key(cast.carol)
    first = settings.OPENCODE_KEYRING
    settings.OPENCODE_KEYRING = {**first, 2: b"n" * 32}
    assert key_access(secret).key_id == key.pk
    uses_flush()
    settings.OPENCODE_KEYRING = {2: b"n" * 32}
    assert key_access(secret).key_id == key.pk
    key.refresh_from_db()
    assert key.hash_version == 2


def test_key_whose_hash_key_is_gone_is_refused(cast: Cast, make_key: MakeKey, settings: Settings) -> None:
    _, secret = make_key(cast.carol)
    settings.OPENCODE_KEYRING = {2: b"n" * 32}
    with pytest.raises(CredentialsInvalid):
        key_access(secret)


def test_stored_hash_opens_nothing_as_a_share_token(cast: Cast, make_key: MakeKey) -> None:
    assert credentials.find_token(make_key(cast.carol)[1]) is None


@pytest.mark.django_db(transaction=True)
def test_looking_up_only_reads_and_a_use_that_cannot_be_written_is_kept(
    cast: Cast, make_key: MakeKey, make_token: MakeToken, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    (key, secret), (token, share_secret) = make_key(cast.carol), make_token()
    device = device_of(cast.carol)
    settings.OPENCODE_KEYRING = {**settings.OPENCODE_KEYRING, 2: b"n" * 32}

    def refuse_writes(execute: Callable[..., object], sql: str, *rest: object) -> object:
        if not sql.lstrip().startswith("SELECT"):
            raise DatabaseError("database is locked")
        return execute(sql, *rest)

    with connection.execute_wrapper(refuse_writes), caplog.at_level(logging.WARNING):
        assert key_access(secret).key_id == key.pk
        assert share_token_access(share_secret).token_id == token.pk
        assert device_access(device.access, cast.alpha.pk).device_id == device.id
        uses_flush()
    assert len(events(caplog, "late_writes_failed")) == 2
    assert [shown for shown in (secret, share_secret, device.access) if shown in caplog.text] == []
    uses_flush()
    rows = (APIKey.objects.get(), ShareToken.objects.get(), Device.objects.get())
    assert [row.last_used_at is not None for row in rows] == [True, True, True]
    assert (rows[0].hash_version, rows[1].hash_version) == (2, 2)
