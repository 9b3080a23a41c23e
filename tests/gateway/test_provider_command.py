"""`manage.py provider_add`: keys of the host, tried before they are saved, from the environment alone."""

import json
from collections.abc import Iterator
from io import StringIO
from typing import Any

import pytest
from django.conf import LazySettings
from django.core.management import CommandError, call_command

from gateway.models import ProviderCredential
from tests.cast import Cast
from tests.support.hooks import Receiver, receiving, status
from tests.support.models import SECRET
from workspaces.models import AuditEntry

pytestmark = pytest.mark.django_db


@pytest.fixture
def provider(settings: LazySettings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    settings.OUTBOUND_PRIVATE = True
    monkeypatch.setenv("PROVIDER_KEY", SECRET)
    with receiving() as running:
        running.answer = status(200)
        yield running


def add(provider: Receiver, *more: str) -> Any:
    out = StringIO()
    address = f"http://127.0.0.1:{provider.server_address[1]}/v1"
    call_command("provider_add", "anthropic", "Host", "--address", address, "--json", *more, stdout=out)
    return json.loads(out.getvalue())


def test_hosts_key_is_tried_and_saved(provider: Receiver) -> None:
    said = add(provider)
    row = ProviderCredential.objects.get()
    assert (said["id"], row.workspace_id, row.state, row.last4) == (row.pk, "", "working", SECRET[-4:])
    assert SECRET not in json.dumps(said)


def test_workspaces_key_is_in_its_audit_log(cast: Cast, provider: Receiver) -> None:
    add(provider, "--workspace", "alpha")
    assert ProviderCredential.objects.get().workspace_id == cast.alpha.pk
    assert AuditEntry.objects.filter(workspace_id=cast.alpha.pk, action="provider.create").count() == 1


def test_refused_key_ends_with_two_and_an_untested_one_with_one(provider: Receiver) -> None:
    provider.answer = status(401)
    with pytest.raises(CommandError, match="Anthropic refused this key") as refused:
        add(provider)
    assert refused.value.returncode == 2
    provider.answer = status(500)
    with pytest.raises(SystemExit) as ended:
        add(provider)
    assert ended.value.code == 1


def test_missing_key_and_unknown_workspace_are_said(provider: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(CommandError, match="There is no workspace nowhere"):
        add(provider, "--workspace", "nowhere")
    monkeypatch.delenv("PROVIDER_KEY")
    with pytest.raises(CommandError, match="Paste the provider's key"):
        add(provider)
