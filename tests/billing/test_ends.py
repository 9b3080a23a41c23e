"""What ends of workspaces and accounts do to money: nothing of it is lost, and no name stays with it."""

import json
from datetime import timedelta

import pytest
from django.apps import apps
from django.db.models import PROTECT, ForeignKey

from accounts.models import User
from accounts.services.deletions import RESTORABLE as ACCOUNT_RESTORABLE
from accounts.services.deletions import account_delete, accounts_purge
from billing.errors import SpendingClosed
from billing.ledger.operations import Answer
from billing.models import AlertFiring, LedgerEntry, QuarantinedRequest, StripeCall, TopUp, Usage, UsageRollup
from billing.selectors.breakdowns import names_of
from billing.services.grants import credit_grant
from billing.services.work import UsageDetails
from opencode.lib.actor import STAFF, THE_CONSOLE, Actor
from opencode.lib.clock import utc_now
from tests.billing.ledger import Spender
from tests.cast import Cast, SignIn, acting
from tests.support.audit import audited
from workspaces.services.blocks import workspace_block, workspace_unblock
from workspaces.services.deletions import RESTORABLE, workspace_delete, workspace_restore, workspaces_purge

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)
DOLLAR = 100_000_000


@pytest.fixture
def alpha(cast: Cast) -> Spender:
    return Spender(cast.alpha, utc_now())


def spend(spender: Spender, request_id: str, cost: int, **who: str) -> None:
    spender.reserve(request_id, cost, **who)
    spender.settle(request_id, cost)


def test_closed_workspace_takes_no_request_until_it_is_open_again(cast: Cast, alpha: Spender) -> None:
    ends = ((workspace_block, workspace_unblock), (workspace_delete, workspace_restore))
    for number, (close, reopen) in enumerate(ends):
        alpha.reserve(f"running-{number}")
        close(workspace=cast.alpha, actor=THE_CONSOLE)
        with pytest.raises(SpendingClosed):
            alpha.reserve(f"refused-{number}", 0)
        assert alpha.settle(f"running-{number}", 4).answer == Answer.SETTLED
        reopen(workspace=cast.alpha, actor=THE_CONSOLE)
        assert alpha.reserve(f"again-{number}") == Answer.RESERVED
    assert alpha.adds_up()


def test_workspace_reopens_only_when_both_ends_are_undone(cast: Cast, alpha: Spender) -> None:
    workspace_block(workspace=cast.alpha, actor=THE_CONSOLE)
    workspace_delete(workspace=cast.alpha, actor=THE_CONSOLE)
    workspace_restore(workspace=cast.alpha, actor=THE_CONSOLE)
    with pytest.raises(SpendingClosed):
        alpha.reserve("r1")


def test_purge_keeps_ledger_and_usage_without_names_and_says_what_remains(cast: Cast, alpha: Spender) -> None:
    staff = Actor(STAFF, cast.charlie.pk, reason="for Jane")
    credit_grant(workspace_id=cast.alpha.pk, amount=100, grant_id="one", actor=staff)
    alpha.set(monthly_limit=10)
    spend(alpha, "r1", 7, member_id=cast.carol.pk)
    said = {"wire_format": "anthropic", "body": {"note": "for Jane"}, "member_id": cast.carol.pk}
    alpha.record("r2", parts=(UsageDetails("m", 0, quarantined="count_negative", detail="Jane"),), **said)
    of = {"account": alpha.account, "parameters": {"name": "Jane"}}
    TopUp.objects.create(account=alpha.account, credit_cents=10, fee_cents=1, card="visa 4242", receipt_url="https://r")
    StripeCall.objects.create(key="answered", ended_at=alpha.now, **of)
    StripeCall.objects.create(key="open", **of)
    workspace_delete(workspace=cast.alpha, actor=acting(cast.alice))
    assert workspaces_purge(now=utc_now() + RESTORABLE + SECOND) == 1
    (purged,) = audited(cast.alpha, "workspace.purge")
    receipt = json.loads(purged.details)
    assert (receipt["balance_micro_cents"], receipt["held_micro_cents"]) == (93, 0)
    rows = Usage.objects.filter(account=alpha.account).order_by("pk")
    assert list(rows.values_list("request_id", "member_id", "charged")) == [
        ("r1", cast.carol.pk, 7),
        ("r2", cast.carol.pk, 0),
    ]
    entry, quarantined = LedgerEntry.objects.get(), QuarantinedRequest.objects.get()
    assert (entry.source, entry.amount, entry.reason) == ("grant:one", 100, "")
    assert (quarantined.code, quarantined.body, quarantined.detail) == ("count_negative", "", "")
    paid = TopUp.objects.get()
    assert (paid.credit_cents, paid.card, paid.receipt_url) == (10, "", "")
    assert dict(StripeCall.objects.values_list("key", "parameters")) == {"answered": {}, "open": {"name": "Jane"}}
    assert not AlertFiring.objects.exists()
    assert alpha.adds_up()


def test_page_that_deletes_names_the_balance(cast: Cast, alpha: Spender, sign_in: SignIn) -> None:
    page = "/workspaces/alpha/delete/"
    assert "A balance of" not in sign_in(cast.alice).get(page).content.decode()
    alpha.grant(12 * DOLLAR)
    assert "A balance of $12.00 remains" in sign_in(cast.alice).get(page).content.decode()


def test_erased_account_leaves_its_usage_and_the_ledger(cast: Cast, alpha: Spender) -> None:
    spend(alpha, "r1", 7, member_id=cast.carol.pk)
    gamma = Spender(cast.gamma, alpha.now)
    gamma.grant(100)
    spend(gamma, "r2", 5, member_id=cast.charlie.pk)
    for leaving in (cast.carol, cast.charlie):
        account_delete(actor=acting(leaving))
    with pytest.raises(SpendingClosed):
        gamma.reserve("r3")
    assert accounts_purge(now=utc_now() + ACCOUNT_RESTORABLE + SECOND) == 2
    assert workspaces_purge(now=utc_now() + RESTORABLE + SECOND) == 1
    assert list(Usage.objects.order_by("pk").values_list("member_id", "charged")) == [
        (cast.carol.pk, 7),
        (cast.charlie.pk, 5),
    ]
    assert (gamma.account.balance, LedgerEntry.objects.get().amount) == (95, 100)
    assert sum(UsageRollup.objects.values_list("cost", flat=True)) == 12
    assert names_of(cast.alpha.pk, "member", [cast.carol.pk])[cast.carol.pk] == "deleted person"
    assert alpha.adds_up()
    assert gamma.adds_up()
    assert "carol" not in User.objects.get(pk=cast.carol.pk).email


def test_no_row_of_billing_goes_with_a_workspace_or_a_person() -> None:
    """A foreign key to them protects, and none is checked in the database: that would lock rows out of order."""
    found = [
        (field.model.__name__, field.name, field.remote_field.on_delete, field.db_constraint)
        for model in apps.get_app_config("billing").get_models()
        for field in model._meta.concrete_fields
        if isinstance(field, ForeignKey) and field.related_model._meta.app_label != "billing"
    ]
    assert found
    assert [each for each in found if each[2] is not PROTECT or each[3]] == []
