"""The Connect page: what each role may make there, when something counts as connected, and what its settings say."""

from datetime import timedelta

import pytest
from django.test import Client

from accounts.models import Device
from gateway.models import ModelPolicy, ModelSettings
from opencode.lib.clock import utc_now
from sync.models import Session
from tests.cast import Cast, SignIn
from tests.support.copied import copied_from
from tests.support.models import add_credential, add_model
from workspaces.models import APIKey, AuditEntry, ShareToken

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("prices")]
CONNECT = "/workspaces/alpha/connect/"
STATE = f"{CONNECT}state"


def text(client: Client, path: str = CONNECT, **data: str) -> str:
    answer = client.post(path, data) if data else client.get(path)
    return answer.content.decode()


def furnished(cast: Cast) -> None:
    """A model of each provider's own form, on the workspace's keys."""
    for kind, form, slug in (
        ("anthropic", "messages", "claude-sonnet-5"),
        ("openai", "responses", "gpt-6-luna"),
        ("google", "generate", "gemini-2.5-pro"),
    ):
        add_credential(cast.alpha.pk, kind=kind, forms=[form])
        add_model(slug=slug, kind=kind, forms=[form], price_name=f"{kind}/{slug}")


def test_member_logs_in_and_makes_keys_but_no_share_tokens(cast: Cast, sign_in: SignIn) -> None:
    carol = sign_in(cast.carol)
    page = text(carol)
    assert copied_from(page)["login-command"].startswith("opencode console login http")
    assert "Owners and admins of alpha create share tokens" in page
    refused = carol.post(CONNECT, {"way": "token", "token-name": "ci"})
    assert (refused.status_code, ShareToken.objects.count()) == (403, 0)
    made = text(carol, way="key", **{"key-name": "notebook", "key-use": "models"})
    key = APIKey.objects.get()
    assert (key.name, key.user, key.scopes) == ("notebook", cast.carol, ["models"])
    assert timedelta(days=89) < key.expires_at - utc_now() < timedelta(days=91)  # type: ignore[operator]
    assert copied_from(made)["key-command"].startswith("export OPENCODE_API_KEY=oc_live_")
    assert "oc_live_" not in text(carol)


def test_admin_makes_a_share_token_in_one_act_with_the_command_to_run(cast: Cast, sign_in: SignIn) -> None:
    bob = sign_in(cast.bob)
    answer = bob.post(CONNECT, {"way": "token", "token-name": "build"})
    token = ShareToken.objects.get()
    command = copied_from(answer.content.decode())["token-command"]
    assert command.startswith("OPENCODE_CONFIG_CONTENT='{")
    assert f"/w/{token.prefix}" in command
    assert command.endswith("opencode run hello")
    assert "no-store" in answer["Cache-Control"]
    assert AuditEntry.objects.filter(action="token.create", target_id=token.pk).exists()


@pytest.mark.parametrize(("use", "scopes"), [("follow", ["sync:read"]), ("publish", ["sync:read", "sync:write"])])
def test_key_has_the_scopes_of_its_use(cast: Cast, sign_in: SignIn, use: str, scopes: list[str]) -> None:
    text(sign_in(cast.carol), way="key", **{"key-name": "reader", "key-use": use})
    assert APIKey.objects.get().scopes == scopes


@pytest.mark.parametrize(
    ("way", "fields"),
    [
        ("token", {"token-name": " "}),
        ("key", {"key-name": "", "key-use": "models"}),
        ("key", {"key-name": "a", "key-use": "all"}),
    ],
)
def test_bad_form_says_so_beside_its_field_and_makes_nothing(
    cast: Cast, sign_in: SignIn, way: str, fields: dict[str, str]
) -> None:
    answer = sign_in(cast.alice).post(CONNECT, {"way": way, **fields})
    assert (answer.status_code, answer.content.decode().count('class="errorlist"')) == (422, 1)
    assert not APIKey.objects.exists()
    assert not ShareToken.objects.exists()


def test_login_counts_once_the_page_is_open_and_leads_to_its_first_session(cast: Cast, sign_in: SignIn) -> None:
    carol = sign_in(cast.carol)
    now = utc_now()
    Device.objects.create(user=cast.carol, name="old laptop", created_at=now - timedelta(hours=1))
    asked = f"{STATE}?way=login&since={int((now - timedelta(minutes=1)).timestamp())}"
    assert carol.get(asked).status_code == 204
    assert "old laptop" in text(carol)
    Device.objects.create(user=cast.bob, name="bobs")
    assert carol.get(asked).status_code == 204
    device = Device.objects.create(user=cast.carol, name="new laptop", agent="opencode 1.18.33")
    came = text(carol, asked)
    assert "new laptop" in came
    assert "hx-get" in came
    # The page goes on asking for the session, and is told no more of what it shows.
    assert carol.get(f"{asked}&arrived=1").status_code == 204
    session = Session.objects.create(
        workspace=cast.alpha, owner_key=cast.alpha.pk, client_id="ses_first", made_with_id=device.pk
    )
    done = text(carol, f"{asked}&arrived=1")
    assert f"/sessions/{session.client_id}/" in done
    assert "hx-get" not in done


def test_waiting_ends_by_itself_and_can_be_taken_up_again_without_scripts(cast: Cast, sign_in: SignIn) -> None:
    carol = sign_in(cast.carol)
    long_ago = int((utc_now() - timedelta(minutes=16)).timestamp())
    given_up = text(carol, f"{STATE}?way=login&since={long_ago}")
    assert "Nothing has connected yet" in given_up
    assert "hx-get" not in given_up
    Device.objects.create(user=cast.carol, name="late laptop")
    assert "late laptop" in text(carol, f"{CONNECT}?way=login&since={long_ago}")


@pytest.mark.parametrize("since", ["", "soon", "99999999999", "-1", "²", "9999999999"])
def test_odd_moments_count_as_now(cast: Cast, sign_in: SignIn, since: str) -> None:
    answer = sign_in(cast.carol).get(STATE, {"way": "nothing", "since": since})
    assert answer.status_code == 204


def test_key_and_token_count_once_they_are_used_and_only_for_those_who_see_them(cast: Cast, sign_in: SignIn) -> None:
    alice, carol = sign_in(cast.alice), sign_in(cast.carol)
    text(alice, way="key", **{"key-name": "alices", "key-use": "models"})
    text(alice, way="token", **{"token-name": "ci"})
    for way, row in (("key", APIKey.objects.get()), ("token", ShareToken.objects.get())):
        asked = f"{STATE}?way={way}&id={row.pk}&since={int(utc_now().timestamp())}"
        assert alice.get(asked).status_code == 204
        type(row).objects.update(last_used_at=utc_now())
        assert row.name in text(alice, asked)
    assert carol.get(f"{STATE}?way=key&id={APIKey.objects.get().pk}").status_code == 204
    assert sign_in(cast.charlie).get(f"/workspaces/gamma/connect/state?way=token&id={row.pk}").status_code == 204


def test_settings_name_models_this_person_may_call(cast: Cast, sign_in: SignIn) -> None:
    furnished(cast)
    member, admin = sign_in(cast.carol), sign_in(cast.bob)
    names = ["anthropic", "claude-code", "codex", "curl", "google", "openai", "opencode"]
    assert sorted(name.removeprefix("snippet-") for name in copied_from(text(member)) if "snippet" in name) == names
    model = add_model(slug="claude-opus-5", name="Opus", price_name="anthropic/claude-opus-5")
    ModelSettings.objects.create(workspace_id=cast.alpha.pk, default_model="claude-opus-5")
    ModelPolicy.objects.create(workspace_id=cast.alpha.pk, model=model, roles=["admin", "owner"])
    assert "claude-opus-5" in copied_from(text(admin))["snippet-claude-code"]
    assert "claude-sonnet-5" in copied_from(text(member))["snippet-claude-code"]


def test_settings_leave_out_what_no_new_key_may_call_or_nobody_can_price(cast: Cast, sign_in: SignIn) -> None:
    add_credential(cast.alpha.pk)
    model = add_model()
    add_model(slug="odd", price_name="nobody/odd")
    ModelPolicy.objects.create(workspace_id=cast.alpha.pk, model=model, keys=["key_of_somebody"])
    page = text(sign_in(cast.carol))
    assert "No model is on for you in this workspace yet" in page
    assert [name for name in copied_from(page) if "snippet" in name] == []
    assert "Add a provider key" not in page
    assert "Add a provider key" in text(sign_in(cast.bob))


def test_page_asks_the_database_the_same_however_much_there_is(
    cast: Cast, sign_in: SignIn, django_assert_max_num_queries: object
) -> None:
    furnished(cast)
    carol = sign_in(cast.carol)
    text(carol)
    Device.objects.bulk_create(Device(user=cast.carol, name=f"laptop {number}") for number in range(50))
    with django_assert_max_num_queries(16):  # type: ignore[operator]
        page = text(carol)
    assert page.count("laptop ") == 3
    assert len(page) < 50_000
