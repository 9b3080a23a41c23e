"""Whoever was removed while their request waited makes no key any more."""

from collections.abc import Callable

import pytest

from opencode.lib.actor import THE_CONSOLE
from opencode.lib.errors import Forbidden, NotFound
from tests.cast import Cast, owner_acting
from tests.workspaces.conftest import MakeKey, MakeToken
from workspaces.models import APIKey, Role, ShareToken
from workspaces.services.memberships import membership_change, membership_leave

pytestmark = pytest.mark.django_db


def test_somebody_who_is_no_member_any_more_makes_nothing(cast: Cast, make_key: MakeKey, make_token: MakeToken) -> None:
    membership_leave(membership=cast.membership(cast.bob), actor=THE_CONSOLE)
    acts: list[Callable[[], object]] = [
        lambda: make_key(cast.bob),
        lambda: make_key(cast.bob, is_service_key=True),
        lambda: make_token(created_by=cast.bob),
    ]
    for act in acts:
        with pytest.raises(NotFound):
            act()
    assert (APIKey.objects.count(), ShareToken.objects.count()) == (0, 0)


def test_somebody_whose_role_was_lowered_makes_only_their_own_keys(
    cast: Cast, make_key: MakeKey, make_token: MakeToken
) -> None:
    bob = cast.membership(cast.bob)
    membership_change(membership=bob, role=Role.MEMBER, actor=owner_acting(bob.workspace))
    for act in (lambda: make_key(cast.bob, is_service_key=True), lambda: make_token(created_by=cast.bob)):
        with pytest.raises(Forbidden):
            act()
    key, _ = make_key(cast.bob)
    assert key.user == cast.bob
