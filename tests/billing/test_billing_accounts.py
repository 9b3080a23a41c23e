"""One billing account a workspace."""

import pytest
from django.contrib.auth.models import Group

from accounts.models import User
from billing.models import BillingAccount
from billing.services.grants import credit_grant
from opencode.lib.actor import THE_CONSOLE
from tests.billing.ledger import Spender
from tests.cast import PASSWORD, Cast, browser

pytestmark = pytest.mark.django_db


def test_every_workspace_has_exactly_one_account(cast: Cast) -> None:
    assert set(BillingAccount.objects.values_list("workspace_id", flat=True)) == {cast.alpha.pk, cast.gamma.pk}


def test_support_finds_an_account_by_its_workspace_and_cannot_change_it(cast: Cast) -> None:
    support = browser(User.objects.create_superuser("root@example.com", PASSWORD))
    account = BillingAccount.objects.get(workspace=cast.alpha)
    assert f">{account.pk}<" in support.get("/admin/billing/billingaccount/", {"q": "alpha"}).content.decode()
    path = f"/admin/billing/billingaccount/{account.pk}/change/"
    assert support.get(path).status_code == 200
    assert support.post(path, {"workspace": cast.gamma.pk}).status_code == 403
    assert support.get("/admin/billing/billingaccount/add/").status_code == 403


def test_support_looks_at_what_moved_a_balance(cast: Cast) -> None:
    spender = Spender(cast.alpha)
    spender.reserve("r1")
    spender.settle("r1", 4)
    spender.reserve("r2")
    credit_grant(workspace_id=cast.alpha.pk, amount=9, grant_id="one", actor=THE_CONSOLE)
    support = User.objects.create_user("support@example.com", PASSWORD, is_staff=True)
    support.groups.add(Group.objects.get(name="support"))
    seen = browser(support)

    def listed(name: str, sought: str) -> str:
        return seen.get(f"/admin/billing/{name}/", {"q": sought}).content.decode()

    assert '<td class="field-cost">4</td>' in listed("usage", "r1")
    assert '<td class="field-amount">9</td>' in listed("ledgerentry", "grant:one")
    assert '<td class="field-ceiling">10</td>' in listed("reservation", "r2")
    assert '<td class="field-ceiling">10</td>' not in listed("reservation", "r1")
