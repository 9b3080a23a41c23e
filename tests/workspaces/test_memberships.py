"""Adding and removing members; the facts that follow."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection
from django.dispatch import Signal
from pytest_django import DjangoCaptureOnCommitCallbacks

from opencode.lib.actor import THE_CONSOLE
from tests.cast import Cast, acting, owner_acting
from tests.workspaces.conftest import MakeKey
from workspaces.errors import LastOwnerRemains
from workspaces.models import APIKey, Membership, Role
from workspaces.services.memberships import membership_add, membership_remove
from workspaces.signals import api_key_revoked, membership_removed

pytestmark = pytest.mark.django_db


class Ear:
    """Remembers what a signal said."""

    def __init__(self, signal: Signal) -> None:
        self.heard: list[dict[str, object]] = []
        signal.connect(self._hear)

    def _hear(self, sender: object, signal: Signal, **facts: object) -> None:
        self.heard.append(facts)


def test_adding_again_keeps_the_role(cast: Cast) -> None:
    membership_add(workspace=cast.alpha, user=cast.alice, role=Role.MEMBER, actor=THE_CONSOLE)
    assert cast.membership(cast.alice).role == Role.OWNER


def test_removed_members_keys_end_in_this_workspace_only(cast: Cast, make_key: MakeKey) -> None:
    membership_add(workspace=cast.gamma, user=cast.carol, role=Role.MEMBER, actor=THE_CONSOLE)
    here, _ = make_key(cast.carol)
    there, _ = make_key(cast.carol, workspace=cast.gamma)
    of_bob, _ = make_key(cast.bob)
    membership_remove(membership=cast.membership(cast.carol), actor=acting(cast.alice))
    ended = set(APIKey.objects.exclude(revoked_at=None).values_list("pk", flat=True))
    assert ended == {here.pk}
    assert {there.pk, of_bob.pk}.isdisjoint(ended)


def test_removal_is_told_on_commit_with_every_key(
    cast: Cast, make_key: MakeKey, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    key, _ = make_key(cast.carol)
    membership = cast.membership(cast.carol)
    members, keys = Ear(membership_removed), Ear(api_key_revoked)
    with django_capture_on_commit_callbacks(execute=True):
        membership_remove(membership=membership, actor=owner_acting(membership.workspace))
        assert members.heard == []
    about = {"workspace_id": cast.alpha.pk}
    assert members.heard == [{"membership_id": membership.pk, "user_id": cast.carol.pk, **about}]
    assert keys.heard == [{"key_id": key.pk, **about}]


def test_last_owner_stays(cast: Cast) -> None:
    with pytest.raises(LastOwnerRemains):
        membership_remove(membership=cast.membership(cast.alice), actor=acting(cast.alice))
    assert cast.membership(cast.alice).role == Role.OWNER


@pytest.mark.django_db(transaction=True)
def test_two_owners_who_leave_at_once_leave_one(cast: Cast) -> None:
    Membership.objects.filter(user=cast.bob).update(role=Role.OWNER)
    start = Barrier(2)

    def leave(membership: Membership) -> str:
        start.wait()
        try:
            membership_remove(membership=membership, actor=acting(membership.user))
        except LastOwnerRemains:
            return "stays"
        finally:
            connection.close()
        return "left"

    with ThreadPoolExecutor(2) as pool:
        answers = sorted(pool.map(leave, [cast.membership(cast.alice), cast.membership(cast.bob)]))
    assert answers == ["left", "stays"]
