"""An operator takes every second factor from somebody who lost them all."""

import json
from io import StringIO
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.core import mail
from django.core.management import CommandError, call_command

from accounts.models import User
from tests.cast import Cast, browser
from tests.support.audit import audited
from tests.support.devices import device_of

pytestmark = pytest.mark.django_db(transaction=True)
REASON = "showed her passport, ticket 12"
KINDS = Authenticator.Type


def command(*words: str) -> Any:
    said = StringIO()
    call_command("factors_reset", *words, "--reason", REASON, "--json", stdout=said)
    return json.loads(said.getvalue())


@pytest.fixture
def alice(cast: Cast) -> User:
    """With an app, two passkeys and recovery codes."""
    for kind in (KINDS.TOTP, KINDS.WEBAUTHN, KINDS.WEBAUTHN, KINDS.RECOVERY_CODES):
        Authenticator.objects.create(user=cast.alice, type=kind, data={})
    return cast.alice


def test_every_factor_is_gone_and_everything_signed_out(alice: User) -> None:
    browser(alice)
    held = device_of(alice)
    told = command("ALICE@example.com")
    assert (told["has_app"], told["passkeys"], told["has_recovery_codes"], told["changed"]) == (True, 2, True, True)
    assert not Authenticator.objects.filter(user=alice).exists()
    assert not UserSession.objects.filter(user=alice).exists()
    assert held.device.revoked_at is not None


def test_person_is_told_and_their_workspaces_read_why(alice: User, cast: Cast) -> None:
    command("alice@example.com")
    assert mail.outbox[-1].to == ["alice@example.com"]
    assert "second factors were removed" in mail.outbox[-1].subject
    (entry,) = audited(cast.alpha, "member.reset")
    assert (entry.actor_kind, entry.target_id) == ("system", alice.pk)
    assert REASON in entry.details


def test_dry_run_only_says_what_would_go(alice: User, cast: Cast) -> None:
    told = command("alice@example.com", "--dry-run")
    assert (told["passkeys"], told["dry_run"]) == (2, True)
    assert Authenticator.objects.filter(user=alice).count() == 4
    assert not audited(cast.alpha, "member.reset")
    assert mail.outbox == []


def test_person_without_factors_is_left_alone(cast: Cast) -> None:
    with pytest.raises(SystemExit) as ended:
        command("bob@example.com")
    assert ended.value.code == 1
    assert mail.outbox == []


def test_unknown_person_is_refused(cast: Cast) -> None:
    with pytest.raises(CommandError) as refused:
        command("nobody@example.com")
    assert refused.value.returncode == 2


def test_words_say_what_was_lost(alice: User) -> None:
    said = StringIO()
    call_command("factors_reset", "alice@example.com", "--reason", REASON, stdout=said)
    assert "has lost an authenticator app, 2 passkeys, recovery codes" in said.getvalue()
