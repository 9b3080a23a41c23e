"""Workspace share tokens through their pages."""

import html
import json
import re

import pytest
from django.conf import settings
from pytest_django import DjangoCaptureOnCommitCallbacks

from opencode.lib.actor import THE_CONSOLE
from opencode.lib.errors import CredentialsInvalid
from tests.cast import Cast, browser
from tests.workspaces.conftest import MakeToken
from tests.workspaces.test_memberships import Ear
from workspaces.access import share_token_access
from workspaces.models import ShareToken
from workspaces.services import share_tokens as service
from workspaces.signals import share_token_revoked

pytestmark = pytest.mark.django_db

TOKENS = "/workspaces/alpha/tokens/"
FORM = {"name": "build server", "lifetime": "never"}


def shown_config(page: str) -> dict[str, dict[str, str]]:
    """What the page tells the person to put into `opencode.json`."""
    (text,) = re.findall(r'<pre id="config">(.*?)</pre>', page, re.DOTALL)
    config: dict[str, dict[str, str]] = json.loads(html.unescape(text))
    return config


def test_page_shows_the_configuration_an_agent_needs(cast: Cast) -> None:
    page = browser(cast.bob).post(f"{TOKENS}new/", FORM)
    url = shown_config(page.content.decode())["enterprise"]["url"]
    assert url.startswith(f"{settings.PUBLIC_URL}/w/oc_share_")
    assert share_token_access(url.rsplit("/", 1)[-1]).workspace_id == cast.alpha.pk
    assert "no-store" in page["Cache-Control"]


def test_token_is_shown_once(cast: Cast) -> None:
    client = browser(cast.bob)
    url = shown_config(client.post(f"{TOKENS}new/", FORM).content.decode())["enterprise"]["url"]
    secret = url.rsplit("/", 1)[-1]
    page = client.get(TOKENS).content.decode()
    assert secret not in page
    assert secret[:15] in page
    assert secret not in str(ShareToken.objects.values())


def test_member_looks_but_neither_makes_nor_revokes(cast: Cast, make_token: MakeToken) -> None:
    token, secret = make_token()
    client = browser(cast.carol)
    page = client.get(TOKENS).content.decode()
    assert token.prefix in page
    assert "/revoke/" not in page
    assert client.post(f"{TOKENS}new/", FORM).status_code == 403
    assert client.post(f"{TOKENS}{token.pk}/revoke/").status_code == 403
    share_token_access(secret)


def test_revoking_asks_first_naming_the_token(cast: Cast, make_token: MakeToken) -> None:
    token, secret = make_token(name="old server")
    page = browser(cast.bob).get(f"{TOKENS}{token.pk}/revoke/").content.decode()
    assert "Revoke old server" in page
    share_token_access(secret)


def test_revoked_token_ends_and_the_fact_is_told(
    cast: Cast, make_token: MakeToken, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    token, secret = make_token()
    told = Ear(share_token_revoked)
    with django_capture_on_commit_callbacks(execute=True):
        browser(cast.bob).post(f"{TOKENS}{token.pk}/revoke/")
    assert told.heard == [{"token_id": token.pk, "workspace_id": cast.alpha.pk}]
    with pytest.raises(CredentialsInvalid):
        share_token_access(secret)


def test_token_of_another_workspace_is_not_found_through_ones_own(cast: Cast, make_token: MakeToken) -> None:
    token, secret = make_token(workspace=cast.gamma, created_by=cast.charlie)
    assert browser(cast.alice).post(f"{TOKENS}{token.pk}/revoke/").status_code == 404
    share_token_access(secret)


def test_bad_input_is_answered_beside_the_field(cast: Cast) -> None:
    page = browser(cast.bob).post(f"{TOKENS}new/", {"name": "", "lifetime": "never"})
    assert page.status_code == 422
    assert "This field is required" in page.content.decode()
    assert not ShareToken.objects.exists()


def test_number_of_live_tokens_is_limited(cast: Cast, make_token: MakeToken, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "LIVE_TOKEN_LIMIT", 1)
    make_token()
    page = browser(cast.bob).post(f"{TOKENS}new/", FORM)
    assert page.status_code == 422
    assert "as many active share tokens as it can have" in page.content.decode()


def test_revoked_tokens_make_room(cast: Cast, make_token: MakeToken, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "LIVE_TOKEN_LIMIT", 1)
    service.share_token_revoke(token=make_token()[0], actor=THE_CONSOLE)
    make_token()
    assert ShareToken.objects.count() == 2
