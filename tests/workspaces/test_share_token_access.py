"""What a presented workspace share token opens."""

from datetime import timedelta

import pytest
from pytest_django import DjangoAssertNumQueries, Settings

from opencode.lib.actor import THE_CONSOLE
from opencode.lib.clock import utc_now
from opencode.lib.errors import CredentialsInvalid
from tests.cast import Cast
from tests.support.uses import uses_flush
from tests.workspaces.conftest import MakeKey, MakeToken
from workspaces.access import key_access, share_token_access
from workspaces.services.share_tokens import share_token_revoke

pytestmark = pytest.mark.django_db


def test_token_opens_its_workspace(cast: Cast, make_token: MakeToken) -> None:
    token, secret = make_token()
    access = share_token_access(secret, ip="192.0.2.1")
    assert (access.token_id, access.workspace_id) == (token.pk, cast.alpha.pk)
    uses_flush()
    token.refresh_from_db()
    assert token.last_used_ip == "192.0.2.1"


def test_revoked_token_opens_nothing(make_token: MakeToken) -> None:
    token, secret = make_token()
    share_token_revoke(token=token, actor=THE_CONSOLE)
    with pytest.raises(CredentialsInvalid):
        share_token_access(secret)


def test_expired_token_opens_nothing(make_token: MakeToken) -> None:
    _, secret = make_token(expires_at=utc_now() - timedelta(seconds=1))
    with pytest.raises(CredentialsInvalid):
        share_token_access(secret)


def test_token_of_a_deleted_workspace_opens_nothing(cast: Cast, make_token: MakeToken) -> None:
    _, secret = make_token()
    cast.alpha.deleted_at = utc_now()
    cast.alpha.save()
    with pytest.raises(CredentialsInvalid):
        share_token_access(secret)


def test_token_and_key_do_not_pass_for_each_other(cast: Cast, make_token: MakeToken, make_key: MakeKey) -> None:
    with pytest.raises(CredentialsInvalid):
        key_access(make_token()[1])
    with pytest.raises(CredentialsInvalid):
        share_token_access(make_key(cast.carol)[1])


def test_token_costs_one_read(make_token: MakeToken, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    _, secret = make_token()
    share_token_access(secret)
    with django_assert_num_queries(1):
        share_token_access(secret)


def test_token_of_an_older_hash_key_is_hashed_anew(make_token: MakeToken, settings: Settings) -> None:
    token, secret = make_token()
    settings.OPENCODE_KEYRING = {**settings.OPENCODE_KEYRING, 2: b"n" * 32}
    share_token_access(secret)
    uses_flush()
    token.refresh_from_db()
    assert token.hash_version == 2
