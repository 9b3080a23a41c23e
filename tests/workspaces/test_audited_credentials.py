"""Keys and share tokens made and ended leave an entry in the audit log, in the same transaction."""

import pytest
from django.db import transaction
from django.urls import reverse

from opencode.lib.actor import PERSON, THE_CONSOLE
from tests.cast import Cast, SignIn
from tests.support.audit import audited, last_audited
from tests.workspaces.conftest import MakeKey, MakeToken
from workspaces.models import APIKey, ShareToken
from workspaces.services.api_keys import api_key_revoke

ADDRESS = "127.0.0.1"
KEY_FORM = {"name": "ci", "scopes": ["sync:read"], "lifetime": "30"}
TOKEN_FORM = {"name": "ci", "lifetime": "30"}


def test_making_a_key_says_who_made_which_and_from_where(cast: Cast, sign_in: SignIn) -> None:
    sign_in(cast.carol).post(reverse("workspaces:key_create", args=["alpha"]), KEY_FORM)
    expected = {
        "actor": (PERSON, cast.carol.pk),
        "ip": ADDRESS,
        "action": "key.create",
        "target": APIKey.objects.get().pk,
    }
    assert last_audited(cast.alpha) == expected


def test_revoking_a_key_says_who_revoked_which(cast: Cast, sign_in: SignIn, make_key: MakeKey) -> None:
    key, _ = make_key(cast.carol)
    sign_in(cast.bob).post(reverse("workspaces:key_revoke", args=["alpha", key.pk]))
    expected = {"actor": (PERSON, cast.bob.pk), "ip": ADDRESS, "action": "key.revoke", "target": key.pk}
    assert last_audited(cast.alpha) == expected


def test_revoking_a_key_twice_is_one_act(cast: Cast, make_key: MakeKey) -> None:
    key, _ = make_key(cast.carol)
    api_key_revoke(key=key, actor=THE_CONSOLE)
    api_key_revoke(key=key, actor=THE_CONSOLE)
    assert len(audited(cast.alpha, "key.revoke")) == 1


@pytest.mark.django_db(transaction=True)
def test_a_revocation_that_is_rolled_back_leaves_no_entry(cast: Cast, make_key: MakeKey) -> None:
    key, _ = make_key(cast.carol)
    with transaction.atomic():
        api_key_revoke(key=key, actor=THE_CONSOLE)
        transaction.set_rollback(True)
    assert audited(cast.alpha, "key.revoke") == []


def test_making_a_token_says_who_made_which(cast: Cast, sign_in: SignIn) -> None:
    sign_in(cast.bob).post(reverse("workspaces:token_create", args=["alpha"]), TOKEN_FORM)
    target = ShareToken.objects.get().pk
    expected = {"actor": (PERSON, cast.bob.pk), "ip": ADDRESS, "action": "token.create", "target": target}
    assert last_audited(cast.alpha) == expected


def test_revoking_a_token_says_who_revoked_which(cast: Cast, sign_in: SignIn, make_token: MakeToken) -> None:
    token, _ = make_token()
    sign_in(cast.bob).post(reverse("workspaces:token_revoke", args=["alpha", token.pk]))
    expected = {"actor": (PERSON, cast.bob.pk), "ip": ADDRESS, "action": "token.revoke", "target": token.pk}
    assert last_audited(cast.alpha) == expected


def test_no_entry_holds_a_secret(cast: Cast, make_key: MakeKey, make_token: MakeToken) -> None:
    secrets = [make_key(cast.carol)[1], make_token()[1]]
    details = "".join(entry.details for entry in audited(cast.alpha, "key.create", "token.create"))
    assert [secret for secret in secrets if secret[:14] in details] == []
