"""Exports: asked for, made by whichever worker lives, downloaded by their person only, removed after a week."""

import io
import json
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.core import mail
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.http import StreamingHttpResponse
from django.test import Client
from django.urls import reverse

from accounts.errors import ExportLimitReached, ExportRunning
from accounts.models import DataExport, User
from accounts.ports import ExportedFile, ExportPart
from accounts.services import exports as service
from accounts.services.deletions import RESTORABLE, account_delete, accounts_purge
from accounts.services.devices import device_revoke
from accounts.services.exports import (
    MARK,
    export_make,
    export_object_name,
    export_request,
    exports_due,
    exports_expire,
)
from billing.models import TopUp
from opencode.lib.actor import PERSON, THE_CONSOLE, Actor
from opencode.lib.clock import utc_now
from tests.accounts.mailbox import link_in
from tests.architecture.world import SESSION, World, make_world
from tests.billing.ledger import Spender
from tests.cast import browser
from tests.support.devices import device_of
from workspaces.services.memberships import membership_leave
from workspaces.services.workspaces import workspace_rename

pytestmark = pytest.mark.django_db(transaction=True)
WEEK, SECOND = timedelta(days=7), timedelta(seconds=1)


@pytest.fixture
def world(transactional_db: None, objects: Path) -> World:
    return make_world()


@pytest.fixture
def no_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody starts the task, as when it was lost on its way."""
    monkeypatch.setattr("accounts.receivers.export_make_task.apply_async", lambda *_args, **_kwargs: None)


async def _body(response: StreamingHttpResponse) -> bytes:
    return b"".join([chunk async for chunk in response])


def download(client: Client, export: DataExport) -> zipfile.ZipFile:
    response = client.get(reverse("accounts:export_download", args=[export.pk]))
    assert response.status_code == 200
    assert isinstance(response, StreamingHttpResponse)
    content = async_to_sync(_body)(response)
    assert response["Content-Length"] == str(len(content))
    return zipfile.ZipFile(io.BytesIO(content))


def read(archive: zipfile.ZipFile, name: str) -> object:
    return json.loads(archive.read(name))


def lines(archive: zipfile.ZipFile, name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in archive.read(name).splitlines()]


def exported(user: User, workspace_id: str = "") -> DataExport:
    export_request(user=user, workspace_id=workspace_id)
    return DataExport.objects.filter(user=user).order_by("-pk")[0]


def test_export_holds_what_is_the_persons(world: World) -> None:
    cast = world.cast
    workspace_rename(workspace=cast.alpha, name="Alpha!", actor=Actor(PERSON, cast.carol.pk))
    cast.alpha.sessions.update(created_by=cast.carol)  # type: ignore[attr-defined]
    archive = download(browser(cast.carol), exported(cast.carol))
    profile, keys = read(archive, "profile.json"), read(archive, "keys.json")
    assert isinstance(profile, dict)
    assert isinstance(keys, list)
    assert profile["email"] == "carol@example.com"
    assert [key["id"] for key in keys] == [world.names["carols_key"]]
    acts = [json.loads(line) for line in archive.read("acts.jsonl").splitlines()]
    assert "workspace.rename" in [act["action"] for act in acts]
    assert {act["actor_id"] for act in acts} == {cast.carol.pk}
    session = read(archive, f"sessions/{cast.alpha.pk}/{SESSION}.json")
    assert isinstance(session, dict)
    assert session["entries"]


def test_export_holds_the_persons_devices_and_none_of_their_tokens(world: World) -> None:
    held, revoked = device_of(world.cast.carol, name="laptop"), device_of(world.cast.carol, name="lost one")
    device_of(world.cast.bob)
    device_revoke(device=revoked.device, actor=THE_CONSOLE)
    archive = download(browser(world.cast.carol), exported(world.cast.carol))
    devices = read(archive, "devices.json")
    assert isinstance(devices, list)
    assert {held.id, revoked.id} < {device["id"] for device in devices}
    assert {device["name"] for device in devices if device["revoked_at"]} == {"lost one"}
    assert "hash" not in archive.read("devices.json").decode()


def test_export_holds_no_secret_and_nothing_of_others(world: World) -> None:
    archive = download(browser(world.cast.carol), exported(world.cast.carol))
    everything = b"".join(archive.read(name) for name in archive.namelist()).decode()
    for foreign in ("secret_hash", "password", "bob@example.com", world.names["bobs_key"], "gamma", SESSION):
        assert foreign not in everything, foreign


def test_sessions_in_a_workspace_the_person_left_are_not_theirs_to_take(world: World) -> None:
    cast = world.cast
    cast.alpha.sessions.update(created_by=cast.carol)  # type: ignore[attr-defined]
    membership_leave(membership=cast.membership(cast.carol), actor=THE_CONSOLE)
    archive = download(browser(cast.carol), exported(cast.carol))
    assert not [name for name in archive.namelist() if name.startswith("sessions/")]


def test_exports_hold_usage_and_the_ledger(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("billing.selectors.exports.ROWS_AT_ONCE", 2)
    cast = world.cast
    spender = Spender(cast.alpha)
    spender.grant(100)
    TopUp.objects.create(account=spender.account, credit_cents=500, fee_cents=50)
    for number, person in enumerate((cast.carol, cast.carol, cast.bob)):
        spender.reserve(f"r{number}", 10, member_id=person.pk)
        spender.settle(f"r{number}", 3, 4)
    of_workspace = download(browser(cast.alice), exported(cast.alice, cast.alpha.pk))
    account = read(of_workspace, "billing_account.json")
    assert isinstance(account, dict)
    assert account["balance"] == 79
    assert [(row["state"], row["credit_cents"]) for row in lines(of_workspace, "payments.jsonl")] == [("created", 500)]
    ledger, usage, days = (lines(of_workspace, f"{name}.jsonl") for name in ("ledger", "usage", "usage_days"))
    assert [(entry["seq"], entry["source"], entry["amount"]) for entry in ledger] == [(1, "grant:one", 100)]
    assert [(row["request_id"], row["model"], row["charged"]) for row in usage] == [
        (f"r{number}", f"model-{part}", 3 + part) for number in range(3) for part in range(2)
    ]
    assert sum(day["cost"] for day in days) == 21
    own = lines(download(browser(cast.carol), exported(cast.carol)), "usage_days.jsonl")
    assert [(row["workspace_id"], row["model"], row["cost"]) for row in own] == [
        (cast.alpha.pk, "model-0", 6),
        (cast.alpha.pk, "model-1", 8),
    ]


def test_owner_exports_the_whole_workspace(world: World) -> None:
    cast = world.cast
    archive = download(browser(cast.alice), exported(cast.alice, cast.alpha.pk))
    members = read(archive, "members.json")
    assert isinstance(members, list)
    assert [row["user__email"] for row in members] == ["alice@example.com", "bob@example.com", "carol@example.com"]
    assert f"sessions/{cast.alpha.pk}/{SESSION}.json" in archive.namelist()
    assert cast.gamma.pk not in archive.read("audit.jsonl").decode()
    assert "secret_hash" not in b"".join(archive.read(name) for name in archive.namelist()).decode()


def test_owner_who_became_an_admin_does_not_download_it_any_more(world: World) -> None:
    cast = world.cast
    export = exported(cast.alice, cast.alpha.pk)
    cast.alpha.memberships.filter(user=cast.alice).update(role="admin")
    assert browser(cast.alice).get(reverse("accounts:export_download", args=[export.pk])).status_code == 404


def test_nobody_else_sees_or_downloads_it(world: World) -> None:
    export = exported(world.cast.carol)
    for name in ("accounts:export", "accounts:export_download"):
        path = reverse(name, args=[export.pk])
        assert browser(world.cast.bob).get(path).status_code == 404
        assert browser().get(path)["Location"].startswith(reverse("account_login"))


def test_mail_leads_to_the_page_with_the_download(world: World) -> None:
    export = exported(world.cast.carol)
    path = link_in(mail.outbox[-1], "/accounts/data/exports/")
    page = browser(world.cast.carol).get(path).content.decode()
    assert reverse("accounts:export_download", args=[export.pk]) in page


@pytest.mark.usefixtures("no_worker")
def test_lost_task_is_made_up_for_by_the_sweep(world: World) -> None:
    export = exported(world.cast.carol)
    assert exports_due(now=utc_now()) == [export.pk]
    assert export_make(export_id=export.pk, now=utc_now())
    export.refresh_from_db()
    assert export.state == DataExport.State.READY


@pytest.mark.usefixtures("no_worker")
def test_export_of_a_killed_worker_is_taken_by_another(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    export = exported(world.cast.carol)

    def killed(*_args: object) -> None:
        raise SystemExit

    with monkeypatch.context() as patch:
        patch.setattr(service, "_finish", killed)
        with pytest.raises(SystemExit):
            export_make(export_id=export.pk, now=utc_now())
    assert exports_due(now=utc_now()) == []
    later = utc_now() + MARK.lease + SECOND
    assert export_make(export_id=export.pk, now=later)
    exports_expire(now=later + WEEK)
    left = [default_storage.exists(export_object_name(export.pk, attempt)) for attempt in (1, 2)]
    assert left == [False, False]


@pytest.mark.usefixtures("no_worker")
def test_two_workers_make_it_once(world: World) -> None:
    export = exported(world.cast.carol)
    now = utc_now()
    assert [export_make(export_id=export.pk, now=now) for _ in range(2)] == [True, False]
    assert len(mail.outbox) == 1


@pytest.mark.usefixtures("no_worker")
@pytest.mark.parametrize("progress_seconds", [0, 3600])
def test_worker_that_was_slower_than_its_lease_leaves_it_to_the_other(
    world: World, monkeypatch: pytest.MonkeyPatch, progress_seconds: int
) -> None:
    """It notices when it says how far it is, or else at the end."""
    export = exported(world.cast.carol)
    made: list[int] = []

    def files() -> Iterator[ExportedFile]:
        for number in range(3):
            MARK.take(export.pk, now=utc_now() + WEEK, attempts=2)
            made.append(number)
            yield ExportedFile(f"{number}.txt", [b"slow"])

    def slow_parts(user_id: str, workspace_id: str) -> list[ExportPart]:
        return [ExportPart("slow", 3, files())]

    monkeypatch.setattr(service, "export_parts", slow_parts)
    monkeypatch.setattr(service, "PROGRESS_SECONDS", progress_seconds)
    assert not export_make(export_id=export.pk, now=utc_now())
    assert len(made) == {0: 1, 3600: 3}[progress_seconds]
    export.refresh_from_db()
    assert (export.state, export.object_name) == (DataExport.State.RUNNING, "")
    assert not default_storage.exists(export_object_name(export.pk, 1))


@pytest.mark.usefixtures("no_worker")
def test_export_that_fails_is_tried_again_and_given_up_in_the_end(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    export = exported(world.cast.carol)

    def broken(user_id: str, workspace_id: str) -> list[ExportPart]:
        raise OSError("no storage today")

    monkeypatch.setattr(service, "export_parts", broken)
    later = utc_now() + timedelta(hours=1)
    states = []
    for _ in range(len(service.PAUSES) + 1):
        assert not export_make(export_id=export.pk, now=later)
        export.refresh_from_db()
        states.append(export.state)
    assert states == ["waiting"] * len(service.PAUSES) + ["failed"]
    assert exports_due(now=later) == []
    page = browser(world.cast.carol).get(reverse("accounts:export", args=[export.pk])).content.decode()
    assert "The export failed" in page


@pytest.mark.usefixtures("no_worker")
def test_progress_is_seen_while_it_is_made(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    export = exported(world.cast.carol)
    monkeypatch.setattr(service, "PROGRESS_SECONDS", 0)
    path = reverse("accounts:export", args=[export.pk])
    seen: list[str] = []

    def parts(user_id: str, workspace_id: str) -> list[ExportPart]:
        return [ExportPart("pebbles", 4, pebbles())]

    def pebbles() -> Iterator[ExportedFile]:
        for number in range(4):
            seen.append(browser(world.cast.carol).get(path, headers={"HX-Request": "true"}).content.decode())
            yield ExportedFile(f"{number}.txt", [b"x"])

    monkeypatch.setattr(service, "export_parts", parts)
    assert 'hx-trigger="every 1s"' in browser(world.cast.carol).get(path).content.decode()
    assert export_make(export_id=export.pk, now=utc_now())
    assert [f"{number} of 4 files, now pebbles" in page for number, page in enumerate(seen)] == [True] * 4
    assert "<html" not in seen[0]
    assert "hx-trigger" not in browser(world.cast.carol).get(path).content.decode()


@pytest.mark.usefixtures("no_worker")
def test_one_at_a_time(world: World) -> None:
    exported(world.cast.carol)
    with pytest.raises(ExportRunning):
        export_request(user=world.cast.carol)
    page = browser(world.cast.carol).post(reverse("accounts:export_ask"), follow=True)
    assert ExportRunning.default_message in page.content.decode()


def test_a_day_has_a_limited_number(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "DAILY_LIMIT", 1)
    exported(world.cast.carol)
    with pytest.raises(ExportLimitReached):
        export_request(user=world.cast.carol)


def test_expired_export_is_removed_and_says_so(world: World) -> None:
    export = exported(world.cast.carol)
    assert exports_expire(now=utc_now() + WEEK - SECOND) == 0
    assert exports_expire(now=utc_now() + WEEK + SECOND) == 1
    assert not default_storage.exists(export.object_name)
    client = browser(world.cast.carol)
    assert client.get(reverse("accounts:export_download", args=[export.pk])).status_code == 404
    assert "has expired" in client.get(reverse("accounts:export", args=[export.pk])).content.decode()


def test_storage_that_is_away_is_asked_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    export = exported(world.cast.carol)

    def away(name: str) -> None:
        raise OSError("no storage today")

    with monkeypatch.context() as patch:
        patch.setattr(default_storage, "delete", away)
        assert exports_expire(now=utc_now() + WEEK + SECOND) == 0
    assert exports_expire(now=utc_now() + WEEK + SECOND) == 1
    assert not default_storage.exists(export.object_name)


def test_exports_of_a_forgotten_person_go_with_them(world: World) -> None:
    carol = world.cast.carol
    export = exported(carol)
    account_delete(actor=Actor(PERSON, carol.pk))
    accounts_purge(now=utc_now() + RESTORABLE + SECOND)
    assert not default_storage.exists(export.object_name)
    assert not DataExport.objects.exists()


@pytest.mark.usefixtures("no_worker")
def test_objects_of_a_failed_export_go_after_a_week_and_it_stays_failed(world: World) -> None:
    """One attempt was killed after it had stored its object, a later one was the last."""
    export = exported(world.cast.carol)
    name = export_object_name(export.pk, 2)
    default_storage.save(name, ContentFile(b"x"))
    mine = DataExport.objects.filter(pk=export.pk)
    mine.update(state=DataExport.State.FAILED, attempts=len(service.PAUSES) + 1, due_at=None)
    sweeps = [exports_expire(now=export.requested_at + WEEK + time) for time in (-SECOND, SECOND, SECOND)]
    assert sweeps == [0, 1, 0]
    assert not default_storage.exists(name)
    assert mine.get().state == "failed"
