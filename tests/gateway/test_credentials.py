"""Providers' keys: tried before they are saved, sealed, rotated without a gap, and never seen again."""

import json
import socket
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.conf import LazySettings

from gateway.errors import (
    ProviderAddressRefused,
    ProviderHeaderRefused,
    ProviderKeyMissing,
    ProviderKeyRefused,
    ProviderKindUnknown,
    ProviderLimitReached,
    ProviderUnreachable,
)
from gateway.models import ProviderCredential
from gateway.sealed import credential_unseal
from gateway.selectors.routing import route_for
from gateway.services.credential_states import credential_failed, credential_refused, credential_worked
from gateway.services.credentials import (
    NewCredential,
    credential_change,
    credential_create,
    credential_delete,
    credential_rotate,
    credential_test,
    credentials_order,
)
from opencode.lib import outbound
from opencode.lib.actor import THE_CONSOLE
from opencode.lib.clock import utc_now
from opencode.lib.errors import Forbidden, NotFound
from tests.cast import Cast, acting
from tests.support.hooks import Receiver, receiving, status
from tests.support.models import SECRET, add_credential, add_model
from workspaces.models import AuditEntry

pytestmark = pytest.mark.django_db
LISTED = json.dumps({"data": [{"id": "claude-sonnet-5"}, {"id": "claude-haiku-5"}]}).encode()
PRIVATE = (
    "https://127.0.0.1/v1",
    "https://10.0.0.8/v1",
    "https://169.254.169.254/latest",
    "https://[::1]/v1",
    "https://[::ffff:127.0.0.1]/v1",
    "https://[64:ff9b::a00:1]/v1",
    "https://[2002:7f00:1::]/v1",
    "http://api.example.com/v1",
    "https://api.example.com/v1?key=1",
    "https://user:word@api.example.com/v1",
)
ODD_HOSTS = ("2130706433", "0x7f000001", "0177.0.0.1", "127.1", "localhost")


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    with receiving() as running:
        yield running


@pytest.fixture
def provider(receiver: Receiver, settings: LazySettings) -> Receiver:
    """A provider on loopback that accepts every key; the host allows private addresses."""
    settings.OUTBOUND_PRIVATE = True
    receiver.received.clear()
    receiver.answer = status(200, LISTED)
    return receiver


def address(provider: Receiver) -> str:
    return f"http://127.0.0.1:{provider.server_address[1]}/v1"


def given(**fields: Any) -> NewCredential:
    """An Anthropic key of the host."""
    return NewCredential(**{"workspace_id": "", "kind": "anthropic", "name": "Team", "secret": SECRET, **fields})


def create_for_host(provider: Receiver, **fields: Any) -> ProviderCredential:
    """The key of the host at the provider, saved by the console itself."""
    return credential_create(new=given(base_url=address(provider), **fields), actor=THE_CONSOLE)[0]


def create(cast: Cast, provider: Receiver, **fields: Any) -> ProviderCredential:
    """The key of alpha at the provider, saved by its admin."""
    new = given(**{"workspace_id": cast.alpha.pk, "base_url": address(provider), **fields})
    return credential_create(new=new, actor=acting(cast.bob))[0]


@pytest.mark.parametrize(
    ("kind", "path", "header", "value"),
    [
        ("anthropic", "/v1/models", "x-api-key", SECRET),
        ("openai", "/v1/models", "authorization", f"Bearer {SECRET}"),
        ("google", "/v1/models", "x-goog-api-key", SECRET),
        ("openrouter", "/v1/key", "authorization", f"Bearer {SECRET}"),
        ("compatible", "/v1/models", "authorization", f"Bearer {SECRET}"),
    ],
)
def test_key_is_tried_as_its_provider_expects_it(
    provider: Receiver, kind: str, path: str, header: str, value: str
) -> None:
    row = create_for_host(provider, kind=kind, headers={"X-Team": "alpha"})
    (asked,) = provider.received
    assert (asked.path, asked.headers[header], asked.headers["x-team"]) == (path, value, "alpha")
    assert (row.state, row.last_error, row.last4) == ("working", "", SECRET[-4:])


def test_saved_key_serves_calls_and_its_text_is_nowhere_in_the_row(cast: Cast, provider: Receiver) -> None:
    add_model()
    row = create(cast, provider)
    stored = ProviderCredential.objects.values().get(pk=row.pk)
    assert SECRET not in str(stored)
    asked = {"workspace_id": cast.alpha.pk, "member_id": cast.bob.pk, "key_id": "", "role": "admin"}
    (candidate,) = route_for(**asked, model_slug="claude-sonnet-5").candidates
    assert (candidate.secret, candidate.base_url) == (SECRET, address(provider))


@pytest.mark.parametrize("answer", [status(401), status(403), status(400, b'{"reason":"API_KEY_INVALID"}')])
def test_refused_key_is_not_saved(provider: Receiver, answer: Any) -> None:
    provider.answer = answer
    with pytest.raises(ProviderKeyRefused) as refused:
        create_for_host(provider)
    assert SECRET not in f"{refused.value} {refused.value.extra}"
    assert not ProviderCredential.objects.exists()


@pytest.mark.parametrize("code", [302, 404, 429, 500])
def test_answer_that_says_nothing_of_the_key_leaves_it_untested(provider: Receiver, code: int) -> None:
    provider.answer = status(code, location="http://127.0.0.1:9/")
    row = create_for_host(provider)
    assert (row.state, row.last_error) == ("untested", f"Not tested: Anthropic answered with status {code}.")
    assert len(provider.received) == 1


def test_address_where_nothing_answers_is_said(settings: LazySettings) -> None:
    settings.OUTBOUND_PRIVATE = True
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        nobody = f"http://127.0.0.1:{taken.getsockname()[1]}/v1"
        with pytest.raises(ProviderUnreachable, match="the connection was refused"):
            credential_create(new=given(base_url=nobody), actor=THE_CONSOLE)


@pytest.mark.parametrize("url", PRIVATE)
def test_private_or_odd_address_is_refused(url: str) -> None:
    with pytest.raises(ProviderAddressRefused):
        credential_create(new=given(base_url=url), actor=THE_CONSOLE)


@pytest.mark.parametrize("host", ODD_HOSTS)
def test_name_of_a_private_address_is_not_connected_to(receiver: Receiver, host: str) -> None:
    receiver.received.clear()
    url = f"https://{host}:{receiver.server_address[1]}/v1"
    with pytest.raises(ProviderAddressRefused):
        credential_create(new=given(base_url=url), actor=THE_CONSOLE)
    assert receiver.received == []


def test_name_that_turned_private_after_saving_is_not_connected_to(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    row = add_credential(cast.alpha.pk, base_url="https://rebinding.example/v1")
    where = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 443))
    monkeypatch.setattr(outbound.socket, "getaddrinfo", lambda *_, **__: [where])
    with pytest.raises(ProviderAddressRefused):
        credential_test(credential=row, actor=THE_CONSOLE)


@pytest.mark.parametrize("name", ["Authorization", "host", "Content-Length", "x-forwarded-for", "x y", "x-a\r\nb", ""])
def test_header_that_the_console_decides_is_refused(provider: Receiver, name: str) -> None:
    with pytest.raises(ProviderHeaderRefused):
        create_for_host(provider, headers={name: "v"})


@pytest.mark.parametrize("value", ["", "a\r\nx-b: c", "ä", "x" * 501])
def test_value_that_is_no_header_is_refused(provider: Receiver, value: str) -> None:
    with pytest.raises(ProviderHeaderRefused):
        create_for_host(provider, headers={"x-a": value})


def test_more_headers_than_a_call_carries_are_refused(provider: Receiver) -> None:
    with pytest.raises(ProviderHeaderRefused):
        create_for_host(provider, headers={f"x-{number}": "v" for number in range(11)})


@pytest.mark.parametrize("secret", ["", "sk-a b", "sk-ä", "sk\r\nx"])
def test_text_that_is_no_key_is_refused(provider: Receiver, secret: str) -> None:
    with pytest.raises(ProviderKeyMissing):
        create_for_host(provider, secret=secret)


def test_local_server_needs_no_key(provider: Receiver) -> None:
    row = create_for_host(provider, kind="compatible", secret="")
    assert "authorization" not in provider.received[0].headers
    assert (row.state, row.last4) == ("working", "")


def test_unknown_kind_is_refused(provider: Receiver) -> None:
    with pytest.raises(ProviderKindUnknown):
        create_for_host(provider, kind="acme")


def test_short_key_shows_nothing_of_itself(provider: Receiver) -> None:
    assert create_for_host(provider, secret="sk-12345").last4 == ""


def test_workspace_has_so_many_keys_at_most(cast: Cast, provider: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.services.credentials.CREDENTIAL_LIMIT", 1)
    create(cast, provider)
    add_credential(cast.gamma.pk)
    with pytest.raises(ProviderLimitReached):
        create(cast, provider)


def test_right_that_ended_meanwhile_saves_nothing(cast: Cast, provider: Receiver) -> None:
    new = given(workspace_id=cast.alpha.pk, base_url=address(provider))
    for person, refusal in ((cast.carol, Forbidden), (cast.charlie, NotFound)):
        with pytest.raises(refusal):
            credential_create(new=new, actor=acting(person))
    assert not ProviderCredential.objects.exists()


def test_rotation_uses_the_old_key_until_the_new_one_works(cast: Cast, provider: Receiver) -> None:
    row = create(cast, provider)
    provider.answer = status(401)
    with pytest.raises(ProviderKeyRefused):
        credential_rotate(credential=row, secret="sk-new-canary-0000", actor=acting(cast.bob))
    assert stored_secret(row) == SECRET
    provider.answer = status(200, LISTED)
    credential_rotate(credential=row, secret="sk-new-canary-0000", actor=acting(cast.bob))
    assert stored_secret(row) == "sk-new-canary-0000"
    assert ProviderCredential.objects.get(pk=row.pk).last4 == "0000"


def stored_secret(row: ProviderCredential) -> str:
    sealed = ProviderCredential.objects.get(pk=row.pk).secret
    return credential_unseal(workspace_id=row.workspace_id, credential_id=row.pk, sealed=sealed)


def test_change_turns_it_off_and_on(cast: Cast, provider: Receiver) -> None:
    row = create(cast, provider)
    wanted: dict[str, Any] = {"name": "Other", "headers": {"X-A": "b"}, "concurrency": 3, "actor": acting(cast.bob)}
    off = credential_change(credential=row, is_on=False, **wanted)
    assert (off.name, off.headers, off.concurrency, off.off_at is None) == ("Other", {"x-a": "b"}, 3, False)
    assert credential_change(credential=row, is_on=True, **wanted).off_at is None


def test_order_puts_the_named_first(cast: Cast) -> None:
    rows = [add_credential(cast.alpha.pk, position=number) for number in range(3)]
    foreign = add_credential(cast.gamma.pk, position=7)
    credentials_order(workspace_id=cast.alpha.pk, ids=[rows[2].pk, foreign.pk, rows[1].pk], actor=acting(cast.bob))
    now = list(ProviderCredential.objects.filter(workspace_id=cast.alpha.pk).order_by("position"))
    assert [row.pk for row in now] == [rows[2].pk, rows[1].pk, rows[0].pk]
    foreign.refresh_from_db()
    assert foreign.position == 7


def test_every_act_is_in_the_audit_log_without_the_key(cast: Cast, provider: Receiver) -> None:
    row = create(cast, provider)
    actor = acting(cast.bob)
    credential_change(credential=row, name="N", headers={}, concurrency=None, is_on=True, actor=actor)
    credential_rotate(credential=row, secret="sk-new-canary-0000", actor=actor)
    credentials_order(workspace_id=cast.alpha.pk, ids=[row.pk], actor=actor)
    credential_delete(credential=row, actor=actor)
    acts = AuditEntry.objects.filter(workspace_id=cast.alpha.pk, action__startswith="provider.").order_by("seq")
    assert [act.action.partition(".")[2] for act in acts] == ["create", "change", "rotate", "order", "delete"]
    assert "canary" not in "".join(act.details for act in acts)
    assert not ProviderCredential.objects.exists()


def test_hosts_key_belongs_to_no_workspaces_log(cast: Cast, provider: Receiver) -> None:
    before = AuditEntry.objects.count()
    create(cast, provider, workspace_id="")
    assert AuditEntry.objects.count() == before


def test_calls_note_what_became_of_a_key(cast: Cast) -> None:
    row, now = add_credential(cast.alpha.pk), utc_now()
    credential_failed(credential_id=row.pk, said="no answer", cool_for=timedelta(seconds=30), now=now)
    row.refresh_from_db()
    assert (row.state, row.last_error, row.cooled_until) == ("failing", "no answer", now + timedelta(seconds=30))
    credential_refused(credential_id=row.pk, said="status 401", cool_for=timedelta(minutes=5), now=now)
    row.refresh_from_db()
    assert (row.state, row.last_error) == ("refused", "status 401")
    assert credential_worked(credential_id=row.pk)
    assert not credential_worked(credential_id=row.pk)
    row.refresh_from_db()
    assert (row.state, row.cooled_until, row.last_error) == ("working", None, "status 401")


def test_new_trial_shows_that_a_key_works_again(cast: Cast, provider: Receiver) -> None:
    row = add_credential(cast.alpha.pk, base_url=address(provider), state="refused", last_error="status 401")
    trial = credential_test(credential=row, actor=acting(cast.bob))
    row.refresh_from_db()
    assert (row.state, row.last_error, trial.models) == ("working", "", ("claude-sonnet-5", "claude-haiku-5"))


@pytest.mark.parametrize(
    "body", [b"", b"[]", b'{"data":7}', b'{"data":[7,{"id":8}]}', b"[" * 100_000, b'{"models":[{"name":null}]}']
)
def test_list_that_is_none_lists_no_models(provider: Receiver, body: bytes) -> None:
    provider.answer = status(200, body)
    assert credential_create(new=given(base_url=address(provider)), actor=THE_CONSOLE)[1].models == ()
