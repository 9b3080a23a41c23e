"""What is used and held of a limit stands beside it, on the pages of keys and members."""

import pytest

from billing.models import BillingAccount, LimitCounter
from billing.pricing.months import month_of
from opencode.lib.actor import THE_CONSOLE
from opencode.lib.clock import utc_now
from tests.cast import Cast, SignIn
from workspaces.models import APIKey
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
    assert "$3.00, $1.00 held by running requests" in page


def test_key_that_used_nothing_this_month_says_so(cast: Cast, sign_in: SignIn, key: APIKey) -> None:
    count(cast, "key", key.pk, 3 * DOLLAR)
    LimitCounter.objects.update(month=202001)
    page = sign_in(cast.carol).get(f"/workspaces/alpha/keys/{key.pk}/").content.decode()
    assert "<dd>$0.00</dd>" in page


@pytest.mark.parametrize(("who", "shown"), [("alice", [True, True]), ("bob", [True, True]), ("carol", [False, True])])
def test_members_see_their_own_spending_and_admins_everybodys(
    cast: Cast, sign_in: SignIn, who: str, shown: list[bool]
) -> None:
    count(cast, "member", cast.bob.pk, 3 * DOLLAR)
    count(cast, "member", cast.carol.pk, 4 * DOLLAR, DOLLAR)
    page = sign_in(getattr(cast, who)).get(MEMBERS).content.decode()
    assert [words in page for words in ("$3.00 used<", "$4.00 used, $1.00 held")] == shown
