"""What is used and held of a limit stands beside it, on the pages of keys and members."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from billing.models import BillingAccount, LimitCounter
from billing.pricing.months import month_of
from opencode.lib.actor import THE_CONSOLE
from opencode.lib.clock import utc_now
from tests.billing.test_billing_page import text_of
from tests.cast import Cast, SignIn
from tests.support.audit import audited
from workspaces.models import APIKey, Membership
from workspaces.services.api_keys import api_key_create

pytestmark = pytest.mark.django_db
DOLLAR = 100_000_000
MEMBERS = "/workspaces/alpha/members/"


def count(cast: Cast, scope: str, name: str, used: int, held: int = 0) -> None:
    LimitCounter.objects.create(
        account=BillingAccount.objects.get(workspace=cast.alpha),
        scope=scope,
        scope_id=name,
        month=month_of(utc_now()),
        used=used,
        reserved=held,
    )


@pytest.fixture
def key(cast: Cast) -> APIKey:
    return api_key_create(
        workspace=cast.alpha, created_by=cast.carol, name="laptop", scopes=["usage:write"], actor=THE_CONSOLE
    )[0]


def test_key_says_what_its_rotation_has_used_and_holds(cast: Cast, sign_in: SignIn, key: APIKey) -> None:
    APIKey.objects.update(root_id="key_first")
    count(cast, "key", "key_first", 3 * DOLLAR, DOLLAR)
    page = sign_in(cast.carol).get(f"/workspaces/alpha/keys/{key.pk}/").content.decode()
    assert "<strong>$3.00</strong> used, $1.00 held by running requests" in page
    assert "this month, without a limit of its own" in page


def test_key_that_used_nothing_this_month_says_so(cast: Cast, sign_in: SignIn, key: APIKey) -> None:
    count(cast, "key", key.pk, 3 * DOLLAR)
    LimitCounter.objects.update(month=202001)
    page = sign_in(cast.carol).get(f"/workspaces/alpha/keys/{key.pk}/").content.decode()
    assert "<strong>$0.00</strong> used" in page


@pytest.mark.parametrize(("who", "shown"), [("alice", [True, True]), ("bob", [True, True]), ("carol", [False, True])])
def test_members_see_their_own_spending_and_admins_everybodys(
    cast: Cast, sign_in: SignIn, who: str, shown: list[bool]
) -> None:
    count(cast, "member", cast.bob.pk, 3 * DOLLAR)
    count(cast, "member", cast.carol.pk, 4 * DOLLAR, DOLLAR)
    page = sign_in(getattr(cast, who)).get(MEMBERS).content.decode()
    assert [words in page for words in ("$3.00 used<", "$4.00 used, $1.00 held")] == shown


def test_lists_and_pages_show_each_limit_with_what_is_used_and_held(cast: Cast, sign_in: SignIn, key: APIKey) -> None:
    APIKey.objects.update(root_id="key_first", monthly_limit=8 * DOLLAR)
    count(cast, "key", "key_first", 3 * DOLLAR, DOLLAR)
    count(cast, "member", cast.carol.pk, 5 * DOLLAR, DOLLAR)
    row = cast.membership(cast.carol)
    Membership.objects.filter(pk=row.pk).update(monthly_limit=5 * DOLLAR)
    admin = sign_in(cast.bob)
    pages = {
        path: text_of(admin.get(f"/workspaces/alpha/{path}"))
        for path in ("keys/", f"keys/{key.pk}/", "members/", f"members/{row.pk}/")
    }
    assert "$3.00 used, $1.00 held of $8.00" in pages["keys/"]
    assert "$3.00 used, $1.00 held by running requests of $8.00" in pages[f"keys/{key.pk}/"]
    assert "$5.00 $5.00 used, $1.00 held" in pages["members/"]
    assert "$5.00 used, $1.00 held by running requests of $5.00" in pages[f"members/{row.pk}/"]


def test_members_see_the_limits_of_their_own_keys(cast: Cast, sign_in: SignIn, key: APIKey) -> None:
    count(cast, "key", key.pk, 3 * DOLLAR)
    carol = sign_in(cast.carol)
    assert "$3.00 used" in text_of(carol.get("/workspaces/alpha/keys/"))
    assert "Save the limit" not in text_of(carol.get(f"/workspaces/alpha/keys/{key.pk}/"))


def test_limits_are_set_and_cleared_on_the_pages_and_audited(cast: Cast, sign_in: SignIn, key: APIKey) -> None:
    row = cast.membership(cast.carol)
    admin = sign_in(cast.bob)
    for typed in ("12.50", ""):
        assert admin.post(f"/workspaces/alpha/keys/{key.pk}/", {"monthly_limit": typed}).status_code == 302
        form = {"role": "member", "monthly_limit": typed}
        assert admin.post(f"/workspaces/alpha/members/{row.pk}/", form).status_code == 302
    acts = audited(cast.alpha, "key.limit", "member.limit")
    assert [(act.actor_id, act.action) for act in acts] == [
        (cast.bob.pk, "key.limit"),
        (cast.bob.pk, "member.limit"),
        (cast.bob.pk, "key.limit"),
        (cast.bob.pk, "member.limit"),
    ]
    assert (APIKey.objects.get().monthly_limit, cast.membership(cast.carol).monthly_limit) == (None, None)


def test_list_of_keys_costs_as_many_statements_with_many_limits(
    cast: Cast, sign_in: SignIn, key: APIKey, django_assert_num_queries: Any
) -> None:
    admin = sign_in(cast.bob)
    admin.get("/workspaces/alpha/keys/")
    with CaptureQueriesContext(connection) as few:
        admin.get("/workspaces/alpha/keys/")
    for number in range(20):
        other, _ = api_key_create(
            workspace=cast.alpha, created_by=cast.carol, name=f"k{number}", scopes=["usage:write"], actor=THE_CONSOLE
        )
        count(cast, "key", other.pk, DOLLAR)
    with django_assert_num_queries(len(few)):
        admin.get("/workspaces/alpha/keys/")
