"""How calls went, on pages: a request found by its id, a session's calls, usage of models and keys, test calls."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.core.cache import cache
from django.test import Client

from gateway.models import CallDay, ModelCall, ProviderCredential
from gateway.relay import Caller, CallTrial, call_try, gateway_start
from gateway.services.callnotes import CALL_NOTES, KEPT_DAYS, calls_remove, calls_write
from gateway.views import calls as views
from tests.cast import Cast, SignIn, browser
from tests.support import providers as says
from tests.support.gateway import FORMS, MODELS, Console, until
from tests.support.models import SECRET, add_credential, add_model
from tests.support.providers import CUT, Provider, streamed

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
USAGE = "/workspaces/alpha/usage/requests/"


@pytest.fixture(autouse=True)
def _no_calls_of_other_tests() -> None:
    CALL_NOTES.take()


def note(cast: Cast, **fields: Any) -> ModelCall:
    """A call of carol's that went well, unless `fields` say otherwise."""
    given = {"request_id": "req_1", "session_id": "ses_1", "member_id": cast.carol.pk, "model": "claude-sonnet-5"}
    given |= {"form": "messages", "attempts": 1, "status": 200, "end": "complete", "first_byte_ms": 321, "ms": 1234}
    return ModelCall(**{"workspace_id": cast.alpha.pk, **given, "cost": 5_000_000, **fields})


def written(*notes: ModelCall) -> None:
    calls_write({(each.workspace_id, each.request_id): each for each in notes})


async def flushed() -> list[ModelCall]:
    await sync_to_async(CALL_NOTES.flush)()
    return await sync_to_async(lambda: list(ModelCall.objects.order_by("pk")))()


async def noted(console: Console) -> ModelCall:
    """The one call that went, once its end is noted."""
    await until(lambda: CALL_NOTES.flush() or ModelCall.objects.exists())
    (row,) = await flushed()
    assert row.workspace_id == console.cast.alpha.pk
    return row


async def test_call_that_went_well_is_noted_with_its_session_key_and_times(console: Console) -> None:
    answer = await console.call("messages", **{"x-session-id": "ses_7"})
    row = await noted(console)
    usage = (await console.usage())[0]
    key = await ProviderCredential.objects.aget(kind="anthropic")
    assert (row.request_id, row.session_id) == (answer.headers["x-request-id"], "ses_7")
    assert (row.end, row.status, row.attempts, row.is_estimated) == ("complete", 200, 1, False)
    assert (row.model, row.form, row.credential_id, row.cost) == ("claude", "messages", key.pk, usage.cost)
    assert row.member_id == console.cast.carol.pk
    assert row.first_byte_ms is not None
    assert row.first_byte_ms <= row.ms
    alice = await sync_to_async(browser)(console.cast.alice)
    listed = await sync_to_async(text)(alice, USAGE)
    one = await sync_to_async(text)(alice, f"{USAGE}one/?id={row.request_id}")
    assert f"First byte after {row.first_byte_ms:,} ms" in listed
    assert '<a href="/workspaces/alpha/sessions/ses_7/calls/"><bdi>ses_7</bdi></a>' in one


async def test_call_that_no_provider_answers_is_noted_with_its_attempts_and_code(
    console: Console, provider: Provider
) -> None:
    await sync_to_async(console.second_credential)(provider)
    provider.always_plays(says.Reply([CUT]))
    await console.call("chat")
    row = await noted(console)
    assert (row.end, row.status, row.code, row.attempts) == ("failed", 503, "provider_unavailable", 2)
    assert (row.cost, row.first_byte_ms) == (0, None)


async def test_stream_that_is_cut_is_noted_as_cut_and_estimated(console: Console, provider: Provider) -> None:
    provider.plays(streamed(*says.chat_stream("word " * 20, "word")[:3], CUT))
    await console.call("chat")
    row = await noted(console)
    assert (row.end, row.is_estimated) == ("cut", True)
    assert row.cost > 0


@pytest.mark.parametrize("form", FORMS)
async def test_test_call_is_a_real_call_and_metered_as_one(console: Console, provider: Provider, form: str) -> None:
    trial = await bobs_call(console, MODELS[form][0])
    (usage,) = await console.settled()
    assert trial.said == ""
    assert trial.note is not None
    assert (trial.note.request_id, trial.note.cost) == (usage.request_id, usage.cost)
    assert usage.member_id == console.cast.bob.pk
    assert len(provider.requests) == 1
    assert len(provider.requests[0].body) < 300
    assert b"64" in provider.requests[0].body


async def test_test_call_with_one_key_uses_that_alone(console: Console, provider: Provider) -> None:
    key = await sync_to_async(add_credential)(
        console.cast.alpha.pk,
        kind="openai",
        base_url=provider.url,
        forms=list(FORMS),
        secret="sk-own-key-1",
        position=3,
    )
    trial = await bobs_call(console, "gpt", key.pk)
    assert provider.requests[0].headers["authorization"] == "Bearer sk-own-key-1"
    assert trial.note is not None
    assert trial.note.credential_id == key.pk
    refused = await bobs_call(console, "gpt", "crd_other")
    assert (refused.note, "leaves it out" in refused.said) == (None, True)


async def test_refused_test_call_says_what_the_provider_said_but_never_the_key(
    console: Console, provider: Provider, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    provider.plays(says.json_reply({"error": {"message": "No credit. " + "x" * 2000}}, 400))
    trial = await bobs_call(console, "gpt")
    assert trial.said.startswith("No credit. x")
    assert len(trial.said) <= 300
    provider.plays(says.json_reply({"error": {"message": f"Bad key {SECRET}"}}, 400))
    hidden = await bobs_call(console, "gpt")
    assert SECRET not in hidden.said
    assert hidden.said == "The model's provider did not accept this call."
    provider.plays(says.json_reply({"error": {"message": SECRET}}, 401))
    assert SECRET not in (await bobs_call(console, "gpt")).said
    provider.plays(says.json_reply({"error": {"message": f"Bad key {SECRET}"}}, 400))
    assert SECRET.encode() not in (await console.call("chat")).body
    assert "provider_refusal" in caplog.text
    assert SECRET not in caplog.text


async def bobs_call(console: Console, slug: str, credential_id: str = "") -> CallTrial:
    """Bob's test call."""
    gateway_start()
    membership = await sync_to_async(console.cast.membership)(console.cast.bob)
    caller = Caller(console.cast.alpha.pk, console.cast.bob.pk, "", "admin", membership_id=membership.pk)
    return await sync_to_async(call_try, thread_sensitive=False)(caller=caller, slug=slug, credential_id=credential_id)


@pytest.fixture
def admin(cast: Cast, sign_in: SignIn) -> Client:
    cache.clear()
    return sign_in(cast.bob)


def text(client: Client, path: str, status: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status
    return " ".join(answer.content.decode().split())


def test_request_that_nobody_answered_is_found_by_its_id(cast: Cast, admin: Client, sign_in: SignIn) -> None:
    written(note(cast, end="failed", status=503, code="provider_busy", attempts=3, first_byte_ms=None, cost=0))
    page = text(admin, f"{USAGE}one/?id=req_1")
    assert "No provider answered" in page
    assert "Status 503" in page
    assert "provider_busy" in page
    assert "<dd>3</dd>" in page
    assert "1,234 ms" in page
    assert "No provider answered" in text(sign_in(cast.carol), f"{USAGE}one/?id=req_1")
    text(browser(cast.charlie), f"{USAGE}one/?id=req_1", status=404)


def test_member_does_not_find_the_call_of_another(cast: Cast, sign_in: SignIn) -> None:
    written(note(cast, member_id=cast.bob.pk))
    text(sign_in(cast.carol), f"{USAGE}one/?id=req_1", status=404)


def test_session_lists_its_calls_members_see_their_own(cast: Cast, admin: Client, sign_in: SignIn) -> None:
    key = add_credential(cast.alpha.pk, name="Team key")
    others = [note(cast, request_id=f"req_{number}", member_id=cast.bob.pk) for number in range(2, 4)]
    written(note(cast, credential_id=key.pk, is_estimated=True, end="cut"), *others)
    written(note(cast, request_id="req_9", session_id="ses_2"))
    page = text(admin, "/workspaces/alpha/sessions/ses_1/calls/")
    assert [f"req_{number}<" in page for number in (1, 2, 3, 9)] == [True, True, True, False]
    assert "Team key" in page
    assert "The provider cut it off" in page
    assert "Estimated" in page
    assert "321 ms" in page
    own = text(sign_in(cast.carol), "/workspaces/alpha/sessions/ses_1/calls/")
    assert [f"req_{number}<" in own for number in (1, 2, 3)] == [True, False, False]
    assert "No model calls" in text(admin, "/workspaces/alpha/sessions/ses_0/calls/")


def test_long_list_of_calls_has_pages(cast: Cast, admin: Client) -> None:
    written(*(note(cast, request_id=f"req_{number}") for number in range(70)))
    answer = admin.get("/workspaces/alpha/sessions/ses_1/calls/")
    rest = admin.get(f"/workspaces/alpha/sessions/ses_1/calls/?before={answer.context['further']}")
    shown = [row.request_id for page in (answer, rest) for row, _ in page.context["calls"]]
    assert shown == [f"req_{number}" for number in reversed(range(70))]


@pytest.mark.usefixtures("prices")
def test_model_and_key_show_the_sums_of_thirty_days(cast: Cast, admin: Client, sign_in: SignIn) -> None:
    key, model = add_credential(cast.alpha.pk), add_model()
    today = datetime.now(UTC)
    placed = {"credential_id": key.pk, "at": today}
    written(note(cast, **placed), note(cast, request_id="req_2", end="cut", **placed))
    written(note(cast, request_id="req_3", **placed))
    written(note(cast, request_id="req_4", credential_id=key.pk, at=today - timedelta(days=31)))
    for path in (f"models/{model.pk}/", f"providers/{key.pk}/"):
        page = text(admin, f"/workspaces/alpha/{path}")
        assert "<dt>Calls</dt><dd>3</dd>" in page
        assert "<dt>Failed</dt><dd>1</dd>" in page
        assert "<dt>Cost</dt><dd>$0.15</dd>" in page
    assert "<dt>Calls</dt>" not in text(sign_in(cast.carol), f"/workspaces/alpha/models/{model.pk}/")


@pytest.mark.usefixtures("prices")
def test_test_call_leads_to_its_request(cast: Cast, admin: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    key, model = add_credential(cast.alpha.pk), add_model()
    asked: list[tuple[str, str, str]] = []

    def played(*, caller: Caller, slug: str, credential_id: str = "") -> CallTrial:
        asked.append((caller.member_id, slug, credential_id))
        made = note(cast, request_id=f"req_{len(asked)}", member_id=caller.member_id)
        CALL_NOTES.add((made.workspace_id, made.request_id), made)
        return CallTrial(made)

    monkeypatch.setattr(views, "call_try", played)
    by_model = admin.post(f"/workspaces/alpha/models/{model.pk}/call/", follow=True)
    by_key = admin.post(f"/workspaces/alpha/providers/{key.pk}/call/", {"model": model.slug}, follow=True)
    assert asked == [(cast.bob.pk, model.slug, ""), (cast.bob.pk, model.slug, key.pk)]
    for answer in (by_model, by_key):
        assert "The test call worked." in answer.content.decode()
        assert "after 321 ms" in answer.content.decode()


@pytest.mark.usefixtures("prices")
def test_test_calls_are_paced_and_a_process_without_calls_says_so(
    cast: Cast, admin: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("opencode.lib.ratelimits.time", SimpleNamespace(time=lambda: 1_000_000.0))
    model = add_model()
    add_credential(cast.alpha.pk)
    said = [
        admin.post(f"/workspaces/alpha/models/{model.pk}/call/", follow=True).content.decode()
        for _ in range(views.TESTS_A_MINUTE + 1)
    ]
    assert "This process cannot serve yet." in said[0]
    assert "Too many test calls" in said[-1]


def test_old_calls_are_removed_and_their_sums_stay(cast: Cast) -> None:
    kept = NOW - timedelta(days=KEPT_DAYS - 1)
    written(note(cast, at=NOW - timedelta(days=KEPT_DAYS, seconds=1)), note(cast, request_id="req_2", at=kept))
    assert calls_remove(now=NOW) == 1
    assert [row.request_id for row in ModelCall.objects.all()] == ["req_2"]
    assert sum(CallDay.objects.values_list("calls", flat=True)) == 2


def test_call_that_is_noted_twice_counts_once(cast: Cast) -> None:
    first = note(cast)
    CALL_NOTES.add((first.workspace_id, first.request_id), first)
    CALL_NOTES.add((first.workspace_id, first.request_id), note(cast))
    CALL_NOTES.flush()
    assert [(row.calls, row.cost) for row in CallDay.objects.all()] == [(1, 5_000_000)]
