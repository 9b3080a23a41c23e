"""Deleting a session from the console: confirmed by typing, nothing left behind, a receipt that can be checked."""

import json
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.core.management import CommandError, call_command
from django.test import Client

from opencode.lib.actor import THE_CONSOLE
from opencode.lib.clock import utc_now
from opencode.lib.storage import DurableFileSystemStorage
from sync.archive.erasure import confirming
from sync.archive.erasure.confirming import deletion_verify, deletions_confirm
from sync.archive.erasure.erasing import session_erase
from sync.archive.snapshots import object_name, session_prefix
from sync.archive.snapshots.writing import snapshot_write
from sync.models import DeletionReceipt, Operation, Session, SessionEntry, Share, Snapshot
from sync.sharing.shares import share_create, share_end
from sync.transcript.workers.pool import POOL
from tests.cast import Cast, SignIn
from tests.support.transcripts import CLIENT_ID, CONVERSATION, make_session, make_share, publish
from tests.unit.sync.transcript.entries import text_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("objects")]
LATER = timedelta(minutes=5, seconds=1)


@pytest.fixture
def session(cast: Cast, objects: Path) -> Session:
    row = publish(make_session(workspace=cast.alpha, created_by=cast.alice), CONVERSATION)
    make_share(row)
    Operation.objects.create(session=row, operation_id="op", first_seq=1, last_seq=1, created_at=utc_now())
    snapshot_write(session_id=row.pk)
    row.refresh_from_db()
    return row


def page(workspace: str = "alpha") -> str:
    return f"/workspaces/{workspace}/sessions/{CLIENT_ID}/delete/"


def files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def purge(*arguments: str) -> Any:
    said = StringIO()
    call_command("session_purge", *arguments, "--json", stdout=said)
    return json.loads(said.getvalue())


@pytest.mark.parametrize("typed", ["Fix the retry", CLIENT_ID, "  Fix  the retry "])
def test_deleted_session_leaves_nothing_but_a_receipt(
    cast: Cast, session: Session, sign_in: SignIn, objects: Path, typed: str
) -> None:
    entries = SessionEntry.objects.count()
    assert files(objects) != []
    sign_in(cast.alice).get(f"/workspaces/alpha/sessions/{CLIENT_ID}/")
    assert any(name[0] == session.epoch for name in POOL.kept._values)
    answer = sign_in(cast.bob).post(page(), {"confirmation": typed}, follow=True)
    assert [model.objects.count() for model in (Session, SessionEntry, Share, Snapshot, Operation)] == [0] * 5
    assert files(objects) == []
    assert not any(name[0] == session.epoch for name in POOL.kept._values)
    receipt = DeletionReceipt.objects.get()
    assert (receipt.client_id, receipt.session_id, receipt.workspace) == (CLIENT_ID, session.pk, cast.alpha)
    assert (receipt.entries, receipt.operations, receipt.shares, receipt.snapshots) == (entries, 1, 1, 1)
    assert (receipt.content_bytes, receipt.objects_removed) == (session.content_bytes, 1)
    assert (receipt.erased_by, receipt.confirmed_at) == (cast.bob, None)
    seen = " ".join(text_of(answer.content.decode()).split())
    assert f"{CLIENT_ID} {receipt.pk} Bob" in seen
    assert "retry" not in seen


@pytest.mark.parametrize("typed", ["", "fix the retry", "ses_", "alpha"])
def test_another_name_deletes_nothing_and_stays_in_the_field(
    cast: Cast, session: Session, sign_in: SignIn, typed: str
) -> None:
    answer = sign_in(cast.alice).post(page(), {"confirmation": typed})
    assert answer.status_code == 422
    assert f'value="{typed}"' in answer.content.decode() or not typed
    assert Session.objects.exists()
    assert not DeletionReceipt.objects.exists()


def test_page_names_what_it_deletes(cast: Cast, session: Session, sign_in: SignIn) -> None:
    seen = " ".join(text_of(sign_in(cast.alice).get(page()).content.decode()).split())
    assert f"Fix the retry ({CLIENT_ID})" in seen
    assert "1 share and 1 snapshot" in seen
    assert Session.objects.exists()


def test_session_with_a_blank_title_is_not_deleted_by_typing_nothing(
    cast: Cast, session: Session, sign_in: SignIn
) -> None:
    Session.objects.update(title=" ")
    assert sign_in(cast.alice).post(page(), {"confirmation": " "}).status_code == 422
    assert Session.objects.exists()


def test_members_and_outsiders_delete_nothing(cast: Cast, session: Session, sign_in: SignIn) -> None:
    typed = {"confirmation": CLIENT_ID}
    assert sign_in(cast.carol).post(page(), typed).status_code == 403
    assert sign_in(cast.charlie).post(page(), typed).status_code == 404
    assert sign_in(cast.charlie).post(page("gamma"), typed).status_code == 404
    assert Client().post(page(), typed).status_code == 401
    assert Session.objects.exists()


def test_members_see_no_way_to_delete(cast: Cast, session: Session, sign_in: SignIn) -> None:
    address = f"/workspaces/alpha/sessions/{CLIENT_ID}/"
    assert page() in sign_in(cast.bob).get(address).content.decode()
    assert page() not in sign_in(cast.carol).get(address).content.decode()


def test_receipts_are_for_admins_of_the_workspace(cast: Cast, session: Session, sign_in: SignIn) -> None:
    receipt = session_erase(session_id=session.pk, actor=THE_CONSOLE)
    assert receipt is not None
    address = "/workspaces/alpha/deletions/"
    assert receipt.pk in sign_in(cast.alice).get(address).content.decode()
    assert sign_in(cast.carol).get(address).status_code == 403
    assert sign_in(cast.charlie).get(address).status_code == 404
    assert receipt.pk not in sign_in(cast.charlie).get("/workspaces/gamma/deletions/").content.decode()


def test_receipts_page_says_so_when_there_are_none(cast: Cast, sign_in: SignIn) -> None:
    assert "No deleted sessions" in sign_in(cast.alice).get("/workspaces/alpha/deletions/").content.decode()


def test_agent_that_unshares_an_anonymous_session_leaves_a_receipt_without_a_person(settings: Any) -> None:
    settings.ANONYMOUS_SHARES = True
    share = share_create(
        client_id=CLIENT_ID, workspace_id=None, is_local=False, client_address="192.0.2.1", actor=THE_CONSOLE
    )
    share_end(share_id=share.id, actor=THE_CONSOLE)
    receipt = DeletionReceipt.objects.get()
    assert (receipt.client_id, receipt.workspace, receipt.erased_by, receipt.shares) == (CLIENT_ID, None, None, 1)


def test_receipt_is_confirmed_later_when_nothing_is_left(session: Session) -> None:
    session_erase(session_id=session.pk, actor=THE_CONSOLE)
    assert deletions_confirm(now=utc_now()) == 0
    assert deletions_confirm(now=utc_now() + LATER) == 1
    assert DeletionReceipt.objects.get().confirmed_at is not None
    assert deletions_confirm(now=utc_now() + LATER) == 0


def test_sweep_removes_what_came_late_before_it_confirms(session: Session, objects: Path) -> None:
    session_erase(session_id=session.pk, actor=THE_CONSOLE)
    late = object_name(session.workspace_id, session.pk, "e" * 16, 9)
    storages["snapshots"].save(late, ContentFile(b"left by a killed worker"))
    assert not deletion_verify(receipt=DeletionReceipt.objects.get()).is_clean
    assert deletions_confirm(now=utc_now() + LATER) == 1
    assert files(objects) == []
    assert DeletionReceipt.objects.get().objects_removed == 2


def test_receipt_stays_open_while_the_storage_is_away(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: Any) -> None:
        raise OSError("the storage is away")

    monkeypatch.setattr(DurableFileSystemStorage, "listdir", away)
    assert session_erase(session_id=session.pk, actor=THE_CONSOLE) is not None
    assert not Session.objects.exists()
    assert deletions_confirm(now=utc_now() + LATER) == 0
    monkeypatch.undo()
    assert deletions_confirm(now=utc_now() + LATER) == 0, "not again at once"
    assert deletions_confirm(now=utc_now() + 3 * LATER) == 1
    assert DeletionReceipt.objects.get().objects_removed == 1


def test_receipts_that_cannot_be_confirmed_stop_no_newer_one(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(confirming, "SWEEP_RECEIPTS", 1)
    session_erase(session_id=session.pk, actor=THE_CONSOLE)
    stuck = DeletionReceipt.objects.get()
    # A row that points to the former session, as of a session erased by a release that forgot its table.
    DeletionReceipt.objects.filter(pk=stuck.pk).update(session_id=Session.objects.create(client_id="x").pk)
    newer = session_erase(session_id=Session.objects.create(client_id="y", owner_key="y").pk, actor=THE_CONSOLE)
    assert newer is not None
    assert deletions_confirm(now=utc_now() + LATER) == 0
    assert deletions_confirm(now=utc_now() + LATER) == 1
    assert list(DeletionReceipt.objects.exclude(confirmed_at=None)) == [newer]


def test_upload_under_way_is_removed_by_its_own_worker(
    session: Session, monkeypatch: pytest.MonkeyPatch, objects: Path
) -> None:
    publish(session, {f"session/message/{CLIENT_ID}/msg_more": {"id": "msg_more"}})
    save = DurableFileSystemStorage._save

    def erase_and_save(storage: DurableFileSystemStorage, name: str, content: Any) -> str:
        session_erase(session_id=session.pk, actor=THE_CONSOLE)
        return save(storage, name, content)

    monkeypatch.setattr(DurableFileSystemStorage, "_save", erase_and_save)
    assert snapshot_write(session_id=session.pk) is None
    assert files(objects) == []
    assert deletion_verify(receipt=DeletionReceipt.objects.get()).is_clean


def test_purge_says_what_it_would_erase_and_leaves_it(session: Session, objects: Path) -> None:
    before = files(objects)
    said = purge(CLIENT_ID, "--dry-run")
    assert (said["would_erase"]["Session"], said["would_erase"]["objects"]) == (1, 1)
    assert said["would_erase"]["SessionEntry"] == SessionEntry.objects.count()
    assert files(objects) == before


def test_purge_erases_and_its_receipt_can_be_verified(session: Session, objects: Path) -> None:
    said = purge(str(session.pk))
    assert said["erased"]["objects"] == 1
    assert not any(said["left"].values())
    assert files(objects) == []
    assert purge("--verify", said["receipt"])["left"] == said["left"]


def test_verification_fails_when_an_object_is_back(session: Session) -> None:
    receipt = purge(CLIENT_ID)["receipt"]
    back = session_prefix(session.workspace_id, session.pk) + "/x/1"
    storages["snapshots"].save(back, ContentFile(b"back"))
    with pytest.raises(CommandError) as failed:
        purge("--verify", receipt)
    assert failed.value.returncode == 1


def test_verification_fails_when_a_row_is_back(session: Session) -> None:
    receipt = purge(CLIENT_ID)["receipt"]
    Session.objects.create(pk=session.pk, client_id="ses_back", owner_key="back")
    with pytest.raises(CommandError) as failed:
        purge("--verify", receipt)
    assert failed.value.returncode == 1


@pytest.mark.parametrize("arguments", [["ses_none"], ["--verify", "rcp_none"], [], ["ses_1", "--verify", "rcp_1"]])
def test_purge_of_nothing_known_is_refused(cast: Cast, arguments: list[str]) -> None:
    with pytest.raises(CommandError) as failed:
        purge(*arguments)
    assert failed.value.returncode == 2


def test_purge_asks_which_of_two_sessions_with_one_id(cast: Cast, session: Session) -> None:
    make_session(workspace=cast.gamma)
    with pytest.raises(CommandError) as failed:
        purge(CLIENT_ID)
    assert failed.value.returncode == 2
    assert purge(CLIENT_ID, "--workspace", "gamma")["erased"]["entries"] == 0
    assert Session.objects.get() == session


def test_purge_tells_an_unreachable_storage_from_leftovers(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    receipt = purge(CLIENT_ID)["receipt"]

    def away(*_: Any) -> None:
        raise OSError("the storage is away")

    monkeypatch.setattr(DurableFileSystemStorage, "listdir", away)
    with pytest.raises(CommandError) as failed:
        purge("--verify", receipt)
    assert failed.value.returncode == 3
