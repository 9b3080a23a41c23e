"""Support staff act in Django's admin: with a reason, on rows they may see, and the customer reads of it."""

from datetime import timedelta
from importlib import import_module
from typing import NamedTuple

import pytest
from allauth.usersessions.models import UserSession
from django.apps import apps
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, Permission
from django.core.management import call_command
from django.test import Client

from accounts.errors import StaffProtected
from accounts.models import User
from accounts.services.deletions import RESTORABLE, account_delete, account_restore, accounts_purge, deletion_of
from accounts.services.suspensions import person_reinstate, person_suspend
from opencode.lib.actor import PERSON, REASON_CHARACTERS, STAFF, SYSTEM, THE_CONSOLE, Actor
from opencode.lib.admin import ROWS_AT_ONCE
from opencode.lib.clock import utc_now
from opencode.lib.errors import CredentialsInvalid
from opencode.web.supportgroup import ACTS, GROUP, SEEN, support_group_set
from sync.models import Session, Share
from tests.cast import PASSWORD, Cast, browser
from tests.support.audit import audited
from tests.support.devices import device_of
from tests.workspaces.conftest import MakeKey, MakeToken
from workspaces.access import key_access
from workspaces.models import AuditEntry, Workspace
from workspaces.services.blocks import workspace_block
from workspaces.services.configurations import config_save
from workspaces.services.deletions import workspace_delete

pytestmark = pytest.mark.django_db(transaction=True)
REASON = "abuse report 4711"
PEOPLE = "accounts/user"


class Staff(NamedTuple):
    user: User
    client: Client

    def ask(self, model: str, act: str, *keys: object, **form: str):  # type: ignore[no-untyped-def]
        fields = {"action": act, "_selected_action": list(keys), **form}
        return self.client.post(f"/admin/{model}/", fields, follow=True)

    def do(self, model: str, act: str, *keys: object, reason: str = REASON) -> str:
        page = self.ask(model, act, *keys, confirmed="yes", reason=reason)
        return str(page.content.decode())


def supporter(name: str = "sue") -> Staff:
    user = User.objects.create_user(f"{name}@example.com", PASSWORD, is_staff=True)
    user.groups.add(Group.objects.get(name=GROUP))
    return Staff(user, browser(user))


@pytest.fixture
def sue(cast: Cast) -> Staff:
    """Somebody of the group `support`, no superuser."""
    return supporter()


def assert_told(staff: Staff, workspace: Workspace, action: str) -> AuditEntry:
    """The act stands in the customer's log with who, why, from where and on which request."""
    (entry,) = audited(workspace, action)
    assert (entry.actor_kind, entry.actor_id, entry.ip) == ("staff", staff.user.pk, "127.0.0.1")
    assert REASON in entry.details
    assert entry.request_id.startswith("req_")
    return entry


def test_workspace_is_blocked_and_opened_again(sue: Staff, cast: Cast) -> None:
    assert "done" in sue.do("workspaces/workspace", "block", cast.alpha.pk)
    assert_told(sue, cast.alpha, "workspace.block")
    assert browser(cast.alice).get("/workspaces/alpha/keys/").status_code == 403
    sue.do("workspaces/workspace", "unblock", cast.alpha.pk)
    assert_told(sue, cast.alpha, "workspace.unblock")
    assert browser(cast.alice).get("/workspaces/alpha/keys/").status_code == 200


def test_deleted_workspace_is_restored(sue: Staff, cast: Cast) -> None:
    workspace_delete(workspace=cast.alpha, actor=THE_CONSOLE)
    sue.do("workspaces/workspace", "restore", cast.alpha.pk)
    assert_told(sue, cast.alpha, "workspace.restore")
    assert Workspace.objects.get(pk=cast.alpha.pk).deleted_at is None


def test_purged_workspace_is_refused_and_the_next_one_is_restored(sue: Staff, cast: Cast) -> None:
    for workspace in (cast.alpha, cast.gamma):
        workspace_delete(workspace=workspace, actor=THE_CONSOLE)
    Workspace.objects.filter(pk=cast.alpha.pk).update(purging_at=utc_now())
    page = sue.do("workspaces/workspace", "restore", cast.alpha.pk, cast.gamma.pk)
    assert "can no longer be restored" in page
    assert Workspace.objects.get(pk=cast.gamma.pk).deleted_at is None


def test_key_is_revoked(sue: Staff, cast: Cast, make_key: MakeKey) -> None:
    key, secret = make_key(cast.carol)
    sue.do("workspaces/apikey", "revoke", key.pk)
    assert assert_told(sue, cast.alpha, "key.revoke").target_id == key.pk
    with pytest.raises(CredentialsInvalid):
        key_access(secret)


def test_share_token_is_revoked(sue: Staff, cast: Cast, make_token: MakeToken) -> None:
    token, _ = make_token()
    sue.do("workspaces/sharetoken", "revoke", token.pk)
    assert assert_told(sue, cast.alpha, "token.revoke").target_id == token.pk
    token.refresh_from_db()
    assert token.revoked_at is not None


def test_share_link_is_ended(sue: Staff, cast: Cast) -> None:
    session = Session.objects.create(client_id="ses_1", owner_key=cast.alpha.pk, workspace=cast.alpha)
    share = Share.objects.create(session=session, secret_version=1)
    assert browser().get(f"/share/{share.pk}").status_code == 200
    sue.do("sync/share", "end", share.pk)
    assert share.pk in assert_told(sue, cast.alpha, "session.unshare").details
    assert browser().get(f"/share/{share.pk}").status_code == 404


def test_device_is_revoked(sue: Staff, cast: Cast) -> None:
    held = device_of(cast.carol)
    sue.do("accounts/device", "revoke", held.id)
    assert assert_told(sue, cast.alpha, "device.revoke").target_id == held.id
    assert Client().get("/api/user", headers=held.bearer).status_code == 401


def test_suspended_person_is_out_at_once_and_every_workspace_of_theirs_reads_so(
    sue: Staff, cast: Cast, make_key: MakeKey
) -> None:
    _, secret = make_key(cast.charlie, cast.gamma)
    held, client = device_of(cast.charlie), browser(cast.charlie)
    sue.do(PEOPLE, "suspend", cast.charlie.pk)
    assert assert_told(sue, cast.gamma, "member.suspend").target_id == cast.charlie.pk
    assert_told(sue, cast.gamma, "device.revoke")
    assert not audited(cast.alpha, "member.suspend")
    assert not UserSession.objects.filter(user=cast.charlie).exists()
    assert client.get("/workspaces/gamma/keys/").status_code == 302
    assert Client().get("/api/user", headers=held.bearer).status_code == 401
    with pytest.raises(CredentialsInvalid):
        key_access(secret)


def test_reinstated_person_signs_in_with_the_keys_they_had(sue: Staff, cast: Cast, make_key: MakeKey) -> None:
    _, secret = make_key(cast.charlie, cast.gamma)
    sue.do(PEOPLE, "suspend", cast.charlie.pk)
    sue.do(PEOPLE, "reinstate", cast.charlie.pk)
    assert_told(sue, cast.gamma, "member.reinstate")
    assert key_access(secret).user_id == cast.charlie.pk
    assert browser(cast.charlie).get("/workspaces/gamma/keys/").status_code == 200


def test_reason_is_asked_for_before_anything_happens(sue: Staff, cast: Cast) -> None:
    page = sue.ask("workspaces/workspace", "block", cast.alpha.pk)
    assert b'name="reason"' in page.content
    assert cast.alpha.pk.encode() in page.content
    assert not audited(cast.alpha, "workspace.block")


@pytest.mark.parametrize("reason", ["", "   ", "x" * (REASON_CHARACTERS + 1)])
def test_nothing_happens_without_a_reason_that_fits(sue: Staff, cast: Cast, reason: str) -> None:
    page = sue.ask("workspaces/workspace", "block", cast.alpha.pk, confirmed="yes", reason=reason)
    assert page.status_code == 422
    assert not audited(cast.alpha, "workspace.block")


def test_another_site_makes_nobody_act(sue: Staff, cast: Cast) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(sue.user)
    fields = {"action": "block", "_selected_action": cast.alpha.pk, "confirmed": "yes", "reason": REASON}
    assert client.post("/admin/workspaces/workspace/", fields).status_code == 403
    assert not audited(cast.alpha, "workspace.block")


def test_what_was_so_already_is_said_and_not_recorded(sue: Staff, cast: Cast) -> None:
    workspace_block(workspace=cast.alpha, actor=Actor(SYSTEM, reason="before"))
    assert "it was so already" in sue.do("workspaces/workspace", "block", cast.alpha.pk)
    assert len(audited(cast.alpha, "workspace.block")) == 1


def test_no_act_reaches_a_whole_table(sue: Staff, cast: Cast) -> None:
    rows = [Session(client_id=f"ses_{number}", owner_key="x") for number in range(ROWS_AT_ONCE + 1)]
    sessions = Session.objects.bulk_create(rows)
    Share.objects.bulk_create(Share(session=session, secret_version=1) for session in Session.objects.all())
    page = sue.ask("sync/share", "end", "", select_across="1", index="0", confirmed="yes", reason=REASON)
    assert b"more than 50 at once" in page.content
    assert Share.objects.filter(revoked_at=None).count() == len(sessions)


def test_support_cannot_suspend_staff_nor_themselves(sue: Staff, cast: Cast) -> None:
    other = supporter("sam").user
    root = User.objects.create_superuser("root@example.com", PASSWORD)
    sue.do(PEOPLE, "suspend", other.pk, root.pk, sue.user.pk)
    assert User.objects.filter(is_staff=True, is_active=True).count() == 3


def test_superuser_suspends_staff_and_not_themselves(sue: Staff) -> None:
    root = User.objects.create_superuser("root@example.com", PASSWORD)
    staff = Actor(STAFF, root.pk, reason=REASON)
    assert person_suspend(user=sue.user, actor=staff)
    assert person_reinstate(user=sue.user, actor=staff)
    with pytest.raises(StaffProtected):
        person_suspend(user=root, actor=staff)


def test_support_group_has_just_its_rights(sue: Staff) -> None:
    assert sue.user.get_all_permissions() == {*SEEN, *ACTS}


def test_migrating_sets_the_group_anew(sue: Staff) -> None:
    group = Group.objects.get(name=GROUP)
    group.permissions.set(Permission.objects.filter(codename="delete_workspace"))
    call_command("migrate", verbosity=0)
    assert User.objects.get(pk=sue.user.pk).get_all_permissions() == {*SEEN, *ACTS}


def test_every_right_of_the_group_exists(sue: Staff) -> None:
    support_group_set()
    assert Group.objects.get(name=GROUP).permissions.count() == len({*SEEN, *ACTS})


def test_support_adds_changes_and_deletes_nothing(sue: Staff, rf) -> None:  # type: ignore[no-untyped-def]
    request = rf.get("/admin/")
    request.user = sue.user
    able = [
        model.__name__
        for model, shown in admin.site._registry.items()
        if shown.has_add_permission(request)
        or shown.has_change_permission(request)
        or shown.has_delete_permission(request)
    ]
    assert able == []


def test_lists_offer_support_their_acts_and_no_others(sue: Staff, rf) -> None:  # type: ignore[no-untyped-def]
    request = rf.get("/admin/")
    request.user = sue.user
    offered = {model.__name__: set(shown.get_actions(request)) for model, shown in admin.site._registry.items()}
    assert {name: acts for name, acts in offered.items() if acts} == {
        "User": {"suspend", "reinstate"},
        "Device": {"revoke"},
        "Workspace": {"block", "unblock", "restore"},
        "APIKey": {"revoke"},
        "ShareToken": {"revoke"},
        "Share": {"end"},
        "BillingAccount": {
            *("prepaid", "postpaid", "freeze", "unfreeze"),
            *("plan_free", "plan_pro", "plan_team", "plan_none"),
        },
        "QuarantinedRequest": {"release", "dismiss"},
    }


def test_staff_who_only_look_are_offered_no_act(cast: Cast) -> None:
    looker = User.objects.create_user("looker@example.com", PASSWORD, is_staff=True)
    looker.user_permissions.set(Permission.objects.filter(codename__startswith="view_"))
    staff = Staff(looker, browser(looker))
    staff.do("workspaces/workspace", "block", cast.alpha.pk)
    staff.do(PEOPLE, "suspend", cast.carol.pk)
    assert not audited(cast.alpha, "workspace.block", "member.suspend")


def test_taking_back_a_deletion_lifts_no_suspension(sue: Staff, cast: Cast) -> None:
    deletion = account_delete(actor=Actor(PERSON, cast.carol.pk))
    assert "done" in sue.do(PEOPLE, "suspend", cast.carol.pk)
    account_restore(deletion=deletion, actor=Actor(PERSON, cast.carol.pk))
    assert not User.objects.get(pk=cast.carol.pk).is_active
    assert deletion_of(cast.carol.pk) is None
    sue.do(PEOPLE, "reinstate", cast.carol.pk)
    assert User.objects.get(pk=cast.carol.pk).is_active


def test_lifting_a_suspension_takes_back_no_deletion(sue: Staff, cast: Cast) -> None:
    account_delete(actor=Actor(PERSON, cast.carol.pk))
    sue.do(PEOPLE, "suspend", cast.carol.pk)
    sue.do(PEOPLE, "reinstate", cast.carol.pk)
    assert not User.objects.get(pk=cast.carol.pk).is_active
    assert deletion_of(cast.carol.pk) is not None
    assert accounts_purge(now=utc_now()) == 0


def test_closed_account_is_not_suspended_and_stays_closed(sue: Staff, cast: Cast) -> None:
    account_delete(actor=Actor(PERSON, cast.carol.pk))
    assert "it was so already" in sue.do(PEOPLE, "reinstate", cast.carol.pk)
    assert not User.objects.get(pk=cast.carol.pk).is_active


def test_history_of_the_admin_names_no_forgotten_person_nor_their_machines(sue: Staff, cast: Cast) -> None:
    held = device_of(cast.carol, name="carols-laptop")
    sue.do("accounts/device", "revoke", held.id)
    account_delete(actor=Actor(PERSON, cast.carol.pk))
    sue.do(PEOPLE, "suspend", cast.carol.pk)
    assert set(LogEntry.objects.values_list("object_repr", flat=True)) == {"carols-laptop", "carol@example.com"}
    assert accounts_purge(now=utc_now() + RESTORABLE + timedelta(seconds=1)) == 1
    assert set(LogEntry.objects.values_list("object_repr", flat=True)) == {held.id, cast.carol.pk}


def test_people_whom_staff_shut_out_before_there_were_suspensions_count_as_suspended(cast: Cast) -> None:
    account_delete(actor=Actor(PERSON, cast.carol.pk))
    User.objects.filter(pk=cast.bob.pk).update(is_active=False)
    import_module("accounts.migrations.0008_mark_suspended_people").mark(apps, None)
    assert list(User.objects.exclude(suspended_at=None)) == [cast.bob]


def test_device_is_found_by_its_person(sue: Staff, cast: Cast) -> None:
    held = device_of(cast.carol, name="carols-laptop")
    found = sue.client.get("/admin/accounts/device/", {"q": "carol@example.com"}).content.decode()
    page = sue.client.get(f"/admin/accounts/device/{held.id}/change/").content.decode()
    assert "carols-laptop" in found
    assert "carols-laptop" in page


def test_managed_configuration_is_found_by_its_workspace(sue: Staff, cast: Cast) -> None:
    saved = config_save(
        workspace=cast.alpha, user=cast.alice, text='{"share": "auto"}', note="wanted", based_on=0, actor=THE_CONSOLE
    )
    found = sue.client.get("/admin/workspaces/configversion/", {"q": "alpha"}).content.decode()
    page = sue.client.get(f"/admin/workspaces/configversion/{saved.pk}/change/")
    assert "wanted" in found
    assert b"share" in page.content
    assert b'name="_save"' not in page.content
