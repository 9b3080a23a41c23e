"""One billing account a workspace."""

import pytest

from accounts.models import User
from billing.models import BillingAccount
from tests.cast import PASSWORD, Cast, browser

pytestmark = pytest.mark.django_db


def test_every_workspace_has_exactly_one_account(cast: Cast) -> None:
    assert set(BillingAccount.objects.values_list("workspace_id", flat=True)) == {cast.alpha.pk, cast.gamma.pk}


def test_support_finds_an_account_by_its_workspace_and_cannot_change_it(cast: Cast) -> None:
    support = browser(User.objects.create_superuser("root@example.com", PASSWORD))
    account = BillingAccount.objects.get(workspace=cast.alpha)
    assert account.pk in support.get("/admin/billing/billingaccount/", {"q": "alpha"}).content.decode()
    path = f"/admin/billing/billingaccount/{account.pk}/change/"
    assert support.get(path).status_code == 200
    assert support.post(path, {"workspace": cast.gamma.pk}).status_code == 403
    assert support.get("/admin/billing/billingaccount/add/").status_code == 403
