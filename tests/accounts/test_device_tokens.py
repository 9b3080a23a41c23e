"""Tokens of devices: exchanged by refresh, with grace for two processes and lost answers, and none for a thief."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.db import connection
from django.dispatch import Signal
from pytest_django import DjangoAssertNumQueries, DjangoCaptureOnCommitCallbacks, Settings

from accounts.models import Device, DeviceToken
from accounts.services.device_tokens import device_tokens_refresh
from accounts.services.devices import device_revoke, devices_purge
from accounts.signals import device_revoked
from opencode.lib.actor import PERSON, THE_CONSOLE, Actor
from opencode.lib.errors import CredentialsInvalid
from tests.cast import Cast
from tests.support.devices import AgentLogin, SignedIn, device_of
from tests.support.uses import uses_flush
from workspaces.access import device_access
from workspaces.models import AuditEntry

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)


def works(token: object) -> bool:
    """Whether a call with the token is answered; its use is written, as it is a moment after the call."""
    answered = AgentLogin().get("/api/user", token).status_code == 200  # type: ignore[attr-defined]
    uses_flush()
    return answered


def test_refresh_gives_another_pair_and_the_old_access_token_goes_on(cast: Cast) -> None:
    """A process that runs for days keeps the access token it read at its start."""
    held = device_of(cast.carol)
    fresh = AgentLogin().refresh(held.refresh)
    assert fresh["access_token"] != held.access
    assert fresh["refresh_token"] != held.refresh
    assert fresh["expires_in"] == 3600
    assert [works(held.access), works(fresh["access_token"])] == [True, True]


def test_access_token_ends_after_a_week_whatever_else_happens(cast: Cast) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        held = device_of(cast.carol)
        clock.shift(timedelta(hours=168, seconds=-1))
        before = works(held.access)
        clock.shift(1)
        assert [before, works(held.access)] == [True, False]


def test_two_processes_that_refresh_at_the_same_time_both_go_on(cast: Cast) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        held = device_of(cast.carol)
        first = AgentLogin().refresh(held.refresh)
        assert works(first["access_token"])
        clock.shift(59)
        second = AgentLogin().refresh(held.refresh)
        again = [AgentLogin().refresh(pair["refresh_token"]) for pair in (second, first)]
    assert ["access_token" in pair for pair in again] == [True, True]


def test_copy_of_a_refresh_token_used_later_ends_the_device_and_tells_its_person(
    cast: Cast, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    with time_machine.travel(NOW, tick=False) as clock, django_capture_on_commit_callbacks(execute=True):
        held = device_of(cast.carol)
        fresh = AgentLogin().refresh(held.refresh)
        assert works(fresh["access_token"])
        clock.shift(61)
        refused = AgentLogin(address="192.0.2.66").refresh(held.refresh)
        assert refused["error"] == "invalid_grant"
        assert [works(token) for token in (held.access, fresh["access_token"])] == [False, False]
        assert AgentLogin().refresh(fresh["refresh_token"])["error"] == "invalid_grant"
    (told,) = mail.outbox
    assert told.to == [cast.carol.email]
    assert "192.0.2.66" in told.body
    assert "/accounts/devices/" in told.body
    entry = AuditEntry.objects.get(action="device.revoke")
    assert (entry.actor_kind, entry.target_id) == ("system", held.id)


def test_copy_that_was_only_exchanged_again_gives_itself_away_too(cast: Cast) -> None:
    """A thief who refreshes twice at once has called nothing with the pair in between."""
    with time_machine.travel(NOW, tick=False) as clock:
        held = device_of(cast.carol)
        first = AgentLogin(address="192.0.2.66").refresh(held.refresh)
        second = AgentLogin(address="192.0.2.66").refresh(first["refresh_token"])
        clock.shift(timedelta(hours=1))
        assert AgentLogin().refresh(held.refresh)["error"] == "invalid_grant"
        assert not works(second["access_token"])


def test_answer_that_got_lost_is_given_again_however_late(cast: Cast) -> None:
    """A laptop that was closed while it refreshed holds the old token and nothing else."""
    with time_machine.travel(NOW, tick=False) as clock:
        held = device_of(cast.carol)
        AgentLogin().refresh(held.refresh)
        clock.shift(timedelta(days=3))
        again = AgentLogin().refresh(held.refresh)
        assert works(again["access_token"])
    assert mail.outbox == []


def test_refresh_token_ends_after_ninety_days_unused(cast: Cast) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        held = device_of(cast.carol)
        clock.shift(timedelta(days=90))
        assert AgentLogin().refresh(held.refresh)["error"] == "invalid_grant"


def test_ended_person_refreshes_nothing(cast: Cast) -> None:
    held = device_of(cast.carol)
    cast.carol.is_active = False
    cast.carol.save()
    assert AgentLogin().refresh(held.refresh)["error"] == "invalid_grant"
    assert not works(held.access)


def test_revoked_device_is_refused_at_its_next_call(
    cast: Cast, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    held = device_of(cast.carol)
    facts: list[dict[str, Any]] = []

    def hear(signal: Signal, sender: Any, **fact: Any) -> None:
        facts.append(fact)

    device_revoked.connect(hear)
    assert works(held.access)
    with django_capture_on_commit_callbacks(execute=True):
        assert device_revoke(device=held.device, actor=Actor(PERSON, held.device.user_id, "192.0.2.1", "req_1"))
    device_revoked.disconnect(hear)
    assert not works(held.access)
    assert AgentLogin().refresh(held.refresh)["error"] == "invalid_grant"
    assert facts == [{"device_id": held.id, "user_id": cast.carol.pk}]
    assert not device_revoke(device=held.device, actor=THE_CONSOLE)
    entry = AuditEntry.objects.get(action="device.revoke")
    assert (entry.actor_id, entry.target_id, entry.ip, entry.request_id) == (
        cast.carol.pk,
        held.id,
        "192.0.2.1",
        "req_1",
    )


def test_tokens_hashed_with_a_former_key_still_verify(cast: Cast, settings: Settings) -> None:
    held = device_of(cast.carol)
    settings.OPENCODE_KEYRING = {**settings.OPENCODE_KEYRING, 2: b"n" * 32}
    assert works(held.access)
    fresh = AgentLogin().refresh(held.refresh)
    assert works(fresh["access_token"])
    assert DeviceToken.objects.latest("pk").hash_version == 2


def test_call_of_a_device_costs_one_read_and_its_use_is_written_later_once_a_minute(
    cast: Cast, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    held = device_of(cast.carol)
    with time_machine.travel(NOW, tick=False) as clock:
        for ip in ("192.0.2.7", "192.0.2.8"):
            with django_assert_num_queries(1):
                access = device_access(held.access, cast.alpha.pk, ip=ip)
        uses_flush()
        assert Device.objects.get().last_used_ip == "192.0.2.7"
        clock.shift(61)
        with django_assert_num_queries(1):
            device_access(held.access, cast.alpha.pk, ip="192.0.2.9", user_agent="opencode/2.0")
        uses_flush()
    assert (access.workspace_id, access.role) == (cast.alpha.pk, "member")
    device = Device.objects.get()
    assert (device.last_used_ip, device.agent) == ("192.0.2.9", "opencode/2.0")
    assert device.last_used_at == NOW + timedelta(seconds=61)


@pytest.mark.parametrize("token", ["", "oc_dev_", "oc_dev_guess", "oc_live_guess", "Bearer"])
def test_malformed_and_unknown_tokens_are_refused_alike(cast: Cast, token: str) -> None:
    with pytest.raises(CredentialsInvalid):
        device_access(token, cast.alpha.pk)


def test_purge_keeps_what_gives_a_thief_away_and_ends_what_ran_out(cast: Cast) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        held = device_of(cast.carol)
        AgentLogin().refresh(held.refresh)
        clock.shift(timedelta(days=29))
        devices_purge(now=datetime.now(UTC))
        kept = DeviceToken.objects.count()
        clock.shift(timedelta(days=2))
        devices_purge(now=datetime.now(UTC))
        left = DeviceToken.objects.count()
        clock.shift(timedelta(days=60))
        devices_purge(now=datetime.now(UTC))
        assert held.device.revoked_at == datetime.now(UTC)
        clock.shift(timedelta(days=91))
        devices_purge(now=datetime.now(UTC))
    assert (kept, left) == (2, 1)
    assert not Device.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_processes_that_refresh_at_once_all_get_an_answer(cast: Cast) -> None:
    held: SignedIn = device_of(cast.carol)
    barrier = Barrier(4)

    def refresh(_: int) -> str:
        barrier.wait()
        try:
            return device_tokens_refresh(refresh_token=held.refresh, ip=None).access
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        tokens = list(pool.map(refresh, range(4)))
    assert len(set(tokens)) == 4
    assert all(works(token) for token in tokens)


def test_copy_exchanged_within_the_grace_gives_itself_away_when_both_go_on(
    cast: Cast, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    with time_machine.travel(NOW, tick=False) as clock, django_capture_on_commit_callbacks(execute=True):
        held = device_of(cast.carol)
        real = AgentLogin().refresh(held.refresh)
        clock.shift(30)
        copied = AgentLogin(address="192.0.2.66").refresh(held.refresh)
        clock.shift(timedelta(minutes=55))
        real = AgentLogin().refresh(real["refresh_token"])
        assert works(real["access_token"])
        refused = AgentLogin(address="192.0.2.66").refresh(copied["refresh_token"])
        assert refused["error"] == "invalid_grant"
        assert [works(pair["access_token"]) for pair in (real, copied)] == [False, False]
    (told,) = mail.outbox
    assert (told.to, "192.0.2.66" in told.body) == ([cast.carol.email], True)
    assert AuditEntry.objects.filter(action="device.revoke", target_id=held.id).count() == 1


def test_copy_that_hurries_through_the_grace_is_found_at_its_next_exchange(cast: Cast) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        held = device_of(cast.carol)
        real = AgentLogin().refresh(held.refresh)
        copied = AgentLogin().refresh(AgentLogin().refresh(held.refresh)["refresh_token"])
        clock.shift(timedelta(minutes=55))
        copied = AgentLogin().refresh(copied["refresh_token"])
        assert AgentLogin().refresh(real["refresh_token"])["error"] == "invalid_grant"
        assert not works(copied["access_token"])


def test_processes_that_race_at_every_exchange_and_keep_one_pair_go_on_for_days(cast: Cast) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        stored = device_of(cast.carol).refresh
        for _ in range(48):
            pairs = [AgentLogin().refresh(stored) for _ in range(2)]
            assert all(works(pair["access_token"]) for pair in pairs)
            stored = pairs[-1]["refresh_token"]
            clock.shift(timedelta(minutes=55))
