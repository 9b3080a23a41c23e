"""Deleting a workspace closes it, restoring it brings everything back, purging it leaves no name and no content."""

from datetime import timedelta
from pathlib import Path

import pytest
from pytest_django import DjangoCaptureOnCommitCallbacks

from opencode.lib.actor import PERSON, THE_CONSOLE, Actor
from opencode.lib.clock import utc_now
from opencode.lib.errors import CredentialsInvalid
from sync.live.publishing import session_publish_sync
from sync.models import DeletionReceipt, Session
from sync.protocol.updates import Update
from sync.sharing.selectors import live_shares
from tests.architecture.world import World, make_world
from tests.cast import Cast, browser
from tests.workspaces.conftest import MakeKey, MakeToken
from workspaces import ports
from workspaces.access import key_access, share_token_access
from workspaces.errors import WorkspaceGone
from workspaces.models import APIKey, AuditAnchor, AuditEntry, AuditHead, Membership, ShareToken, SlugClaim, Workspace
from workspaces.services.auditchain import chain_verify
from workspaces.services.deletions import (
    RESTORABLE,
    workspace_delete,
    workspace_purge,
    workspace_restore,
    workspaces_purge,
)
from workspaces.services.workspaces import workspace_create
from workspaces.signals import workspace_closed

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)


@pytest.fixture
def world(db: None, objects: Path) -> World:
    return make_world()


def delete(workspace: Workspace) -> None:
    workspace_delete(workspace=workspace, actor=THE_CONSOLE)


def test_deleted_workspace_opens_to_nobody_and_nothing(cast: Cast, make_key: MakeKey, make_token: MakeToken) -> None:
    _, key = make_key(cast.carol)
    _, token = make_token()
    delete(cast.alpha)
    assert browser(cast.alice).get("/workspaces/alpha/settings/").status_code == 404
    with pytest.raises(CredentialsInvalid):
        key_access(key)
    with pytest.raises(CredentialsInvalid):
        share_token_access(token)


def test_shares_of_a_deleted_workspace_lead_nowhere_and_come_back(world: World) -> None:
    delete(world.cast.alpha)
    assert not live_shares().filter(pk=world.names["share"]).exists()
    workspace_restore(workspace=world.cast.alpha, actor=THE_CONSOLE)
    assert live_shares().filter(pk=world.names["share"]).exists()


def test_deletion_is_told_on_commit_once(
    cast: Cast, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    heard: list[object] = []

    def hear(workspace_id: str, **_fact: object) -> None:
        heard.append(workspace_id)

    workspace_closed.connect(hear)
    with django_capture_on_commit_callbacks(execute=True):
        delete(cast.alpha)
        delete(cast.alpha)
        assert heard == []
    assert heard == [cast.alpha.pk]
    assert AuditEntry.objects.filter(workspace=cast.alpha, action="workspace.delete").count() == 1


def test_restored_workspace_is_as_it_was(cast: Cast, make_key: MakeKey) -> None:
    _, key = make_key(cast.carol)
    delete(cast.alpha)
    workspace_restore(workspace=cast.alpha, actor=Actor(PERSON, cast.alice.pk))
    assert key_access(key).workspace_id == cast.alpha.pk
    assert browser(cast.carol).get("/workspaces/alpha/keys/").status_code == 200
    assert AuditEntry.objects.filter(workspace=cast.alpha, action="workspace.restore").count() == 1


def test_nothing_is_purged_before_its_time(cast: Cast) -> None:
    delete(cast.alpha)
    assert workspaces_purge(now=utc_now() + RESTORABLE - SECOND) == 0
    assert Membership.objects.filter(workspace=cast.alpha).count() == 3


def test_living_workspaces_are_never_purged(cast: Cast) -> None:
    assert workspaces_purge(now=utc_now() + 10 * RESTORABLE) == 0


def test_purge_erases_content_people_and_names(
    world: World, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    alpha = world.cast.alpha
    delete(alpha)
    with django_capture_on_commit_callbacks(execute=True):
        assert workspaces_purge(now=utc_now() + RESTORABLE + SECOND) == 1
    for model in (Session, Membership, APIKey, ShareToken, SlugClaim):
        assert not model._default_manager.filter(workspace=alpha).exists(), model
    alpha.refresh_from_db()
    assert "alpha" not in f"{alpha.name}{alpha.slug}"
    assert Session.objects.filter(workspace=world.cast.gamma).count() == 1
    assert Membership.objects.filter(workspace=world.cast.gamma).count() == 1


def test_purge_leaves_an_anchor_a_whole_chain_and_the_receipts(world: World) -> None:
    alpha = world.cast.alpha
    delete(alpha)
    workspaces_purge(now=utc_now() + RESTORABLE + SECOND)
    acts = AuditEntry.objects.filter(workspace=alpha)
    assert acts.first().action == "workspace.purge"  # type: ignore[union-attr]
    assert not acts.filter(action__in=["workspace.create", "workspace.delete"]).exists()
    assert AuditAnchor.objects.filter(workspace=alpha).count() == 1
    assert chain_verify(workspace_id=alpha.pk).problems == []
    assert DeletionReceipt.objects.filter(workspace=alpha).count() == 1


def test_log_that_was_changed_is_kept_as_evidence(world: World) -> None:
    alpha = world.cast.alpha
    delete(alpha)
    AuditHead.objects.filter(workspace=alpha).update(seal="forged")
    assert workspaces_purge(now=utc_now() + RESTORABLE + SECOND) == 1
    assert AuditEntry.objects.filter(workspace=alpha, action="workspace.create").exists()


def test_slug_of_a_purged_workspace_is_free_again(cast: Cast) -> None:
    delete(cast.alpha)
    workspaces_purge(now=utc_now() + RESTORABLE + SECOND)
    assert workspace_create(owner=cast.carol, name="alpha", actor=THE_CONSOLE).slug == "alpha"


def test_interrupted_purge_cannot_be_restored_and_goes_on(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    delete(world.cast.alpha)

    def killed(workspace_id: str) -> int:
        raise RuntimeError("killed")

    with monkeypatch.context() as patch:
        patch.setattr("workspaces.services.deletions.workspace_content_erase", killed)
        assert workspaces_purge(now=utc_now() + RESTORABLE + SECOND) == 0
    with pytest.raises(WorkspaceGone):
        workspace_restore(workspace=world.cast.alpha, actor=THE_CONSOLE)
    assert workspaces_purge(now=utc_now() + RESTORABLE + SECOND) == 1
    assert not Session.objects.filter(workspace=world.cast.alpha).exists()


def test_purges_that_always_fail_hold_up_no_other(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    for workspace in (cast.alpha, cast.gamma):
        delete(workspace)
    tried: list[str] = []

    def broken(workspace_id: str) -> int:
        tried.append(workspace_id)
        raise OSError("no storage today")

    monkeypatch.setattr("workspaces.services.deletions.workspace_content_erase", broken)
    monkeypatch.setattr("workspaces.services.deletions.PURGE_WORKSPACES", 1)
    for _ in range(3):
        workspaces_purge(now=utc_now() + RESTORABLE + SECOND)
    assert tried == [cast.alpha.pk, cast.gamma.pk, cast.alpha.pk]


def test_workspace_restored_just_before_its_purge_keeps_everything(world: World) -> None:
    delete(world.cast.alpha)
    workspace_restore(workspace=world.cast.alpha, actor=THE_CONSOLE)
    workspace_purge(workspace=world.cast.alpha)
    assert Session.objects.filter(workspace=world.cast.alpha).count() == 1


def test_purging_again_changes_nothing(cast: Cast) -> None:
    delete(cast.alpha)
    workspaces_purge(now=utc_now() + RESTORABLE + SECOND)
    workspace_purge(workspace=cast.alpha)
    assert AuditEntry.objects.filter(workspace=cast.alpha, action="workspace.purge").count() == 1


def test_erasing_content_goes_on_past_one_batch(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sync.archive.erasure.erasing.ERASED_AT_ONCE", 2)
    for number in range(5):
        session = Session.objects.create(client_id=f"ses_{number}", owner_key=cast.alpha.pk, workspace=cast.alpha)
        session_publish_sync(session_id=session.pk, updates=[Update(f"session/info/ses_{number}", "{}")])
    assert ports.workspace_content_erase(cast.alpha.pk) == 5
