"""A blocked workspace refuses people and programs, and says so to those who belong there; unblocked it is as before."""

import json
from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from opencode.lib.actor import PERSON, SYSTEM, THE_CONSOLE, Actor
from sync.sharing.selectors import live_shares
from sync.transcript.exports import own_sessions_part
from tests.architecture.world import make_world
from tests.cast import Cast, browser
from tests.workspaces.conftest import MakeKey, MakeToken
from tests.workspaces.inviting import invite
from workspaces.access import key_access, share_token_access
from workspaces.errors import WorkspaceBlocked
from workspaces.models import AuditEntry, Membership, Role, Workspace
from workspaces.selectors.exports import export_allowed, own_acts_exported
from workspaces.services.blocks import workspace_block, workspace_unblock
from workspaces.services.deletions import workspace_delete
from workspaces.services.invitations import invitation_accept
from workspaces.services.memberships import membership_add
from workspaces.services.workspaces import workspace_rename
from workspaces.signals import workspace_closed

pytestmark = pytest.mark.django_db


def block(workspace: Workspace) -> bool:
    return workspace_block(workspace=workspace, actor=Actor(SYSTEM, reason="a bill"))


def command(*words: str) -> Any:
    said = StringIO()
    call_command("workspace_block", *words, "--json", stdout=said)
    return json.loads(said.getvalue())


def test_members_are_told_and_outsiders_learn_nothing(cast: Cast) -> None:
    block(cast.alpha)
    page = browser(cast.carol).get("/workspaces/alpha/keys/")
    assert page.status_code == 403
    assert WorkspaceBlocked.default_message in page.content.decode()
    assert browser(cast.charlie).get("/workspaces/alpha/keys/").status_code == 404


def test_keys_and_tokens_are_told_and_work_again_afterwards(
    cast: Cast, make_key: MakeKey, make_token: MakeToken
) -> None:
    _, key = make_key(cast.carol)
    _, token = make_token()
    block(cast.alpha)
    with pytest.raises(WorkspaceBlocked):
        key_access(key)
    with pytest.raises(WorkspaceBlocked):
        share_token_access(token)
    workspace_unblock(workspace=cast.alpha, actor=Actor(SYSTEM, reason="paid"))
    assert key_access(key).workspace_id == share_token_access(token).workspace_id == cast.alpha.pk


def test_nobody_joins_a_blocked_workspace(cast: Cast) -> None:
    invitation = invite(cast, "charlie@example.com")
    block(cast.alpha)
    with pytest.raises(WorkspaceBlocked):
        invitation_accept(invitation=invitation, user=cast.charlie, actor=THE_CONSOLE)
    assert not Membership.objects.filter(user=cast.charlie, workspace=cast.alpha).exists()


@pytest.mark.parametrize("close", [block, lambda alpha: workspace_delete(workspace=alpha, actor=THE_CONSOLE)])
def test_nothing_of_a_closed_workspace_is_exported(cast: Cast, close: Callable[[Workspace], object]) -> None:
    cast.alpha.sessions.create(client_id="ses_1", owner_key=cast.alpha.pk, created_by=cast.carol)  # type: ignore[attr-defined]
    workspace_rename(workspace=cast.alpha, name="Alpha!", actor=Actor(PERSON, cast.carol.pk))

    def taken() -> tuple[bool, int, int]:
        acts = sum(1 for _ in own_acts_exported(cast.carol.pk))
        return export_allowed(cast.alice.pk, cast.alpha.pk), acts, own_sessions_part(cast.carol.pk).count

    before = taken()
    close(cast.alpha)
    assert (before, taken()) == ((True, 1, 1), (False, 0, 0))


def test_agent_is_told_in_the_form_of_every_refusal(cast: Cast, make_token: MakeToken) -> None:
    _, token = make_token()
    block(cast.alpha)
    with pytest.raises(WorkspaceBlocked) as refused:
        share_token_access(token)
    assert (refused.value.status, refused.value.body("req_1")["error"]["code"]) == (403, "workspace_blocked")


def test_shares_lead_nowhere_meanwhile() -> None:
    world = make_world()
    block(world.cast.alpha)
    assert not live_shares().filter(pk=world.names["share"]).exists()
    assert Client().get(f"/share/{world.names['share']}").status_code == 404


def test_home_leads_past_a_blocked_workspace(cast: Cast) -> None:
    membership_add(workspace=cast.gamma, user=cast.carol, role=Role.MEMBER, actor=THE_CONSOLE)
    block(cast.alpha)
    assert browser(cast.carol).get(reverse("home"))["Location"] == "/workspaces/gamma/"


def test_blocking_is_told_once_and_recorded_with_its_reason(
    cast: Cast, django_capture_on_commit_callbacks: Any
) -> None:
    heard: list[str] = []

    def hear(workspace_id: str, **_fact: object) -> None:
        heard.append(workspace_id)

    workspace_closed.connect(hear)
    with django_capture_on_commit_callbacks(execute=True):
        assert [block(cast.alpha), block(cast.alpha)] == [True, False]
    assert heard == [cast.alpha.pk]
    acts = AuditEntry.objects.filter(workspace=cast.alpha, action="workspace.block")
    assert [json.loads(act.details)["reason"] for act in acts] == ["a bill"]


def test_command_blocks_and_unblocks(cast: Cast) -> None:
    assert command("alpha", "--reason", "a bill")["state"] == "blocked"
    cast.alpha.refresh_from_db()
    assert cast.alpha.block_reason == "a bill"
    assert command(cast.alpha.pk, "--reason", "paid", "--undo")["state"] == "open"
    cast.alpha.refresh_from_db()
    assert cast.alpha.is_open


def test_dry_run_blocks_nothing(cast: Cast) -> None:
    assert command("alpha", "--reason", "a bill", "--dry-run")["changed"]
    cast.alpha.refresh_from_db()
    assert cast.alpha.is_open


def test_command_says_when_it_was_so_already(cast: Cast) -> None:
    with pytest.raises(SystemExit) as ended:
        command("alpha", "--reason", "paid", "--undo")
    assert ended.value.code == 1


def test_unknown_workspace_is_told(cast: Cast) -> None:
    with pytest.raises(CommandError) as ended:
        command("nowhere", "--reason", "x")
    assert ended.value.returncode == 2
