"""Usage is priced anew and released from quarantine by entries that name it; the rows themselves stay as they were."""

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from billing.errors import UsageUnpriced
from billing.ledger.facts import Payer
from billing.models import LedgerEntry, LimitCounter, QuarantinedRequest, Usage, UsageRollup
from billing.pricing.explain import Request
from billing.pricing.pricelist import price_list_read
from billing.selectors.verification import account_verify
from billing.services.prices import prices_load
from billing.services.quarantine import quarantine_release
from billing.services.usage import usage_parts
from opencode.lib.actor import THE_CONSOLE
from tests.billing.ledger import NOW, Spender
from tests.cast import Cast
from tests.unit.billing.test_price_lists import listed, model, priced
from tests.workspaces.test_staff_acts import supporter
from workspaces.models import AuditEntry

pytestmark = pytest.mark.django_db
BODY = {"input_tokens": 3, "output_tokens": 2}
MICRO_CENT = 10**6


def prices_are(micro_cents: int) -> None:
    """A token of any class of sonnet costs this much from now on, and did before."""
    version = prices_load(
        price_list=price_list_read(listed(model("sonnet", prices=[priced(micro_cents * MICRO_CENT)]))), layer="imported"
    )
    assert version is not None


@pytest.fixture
def alpha(cast: Cast) -> Spender:
    prices_are(2)
    return Spender(cast.alpha)


def spend(spender: Spender, request_id: str, name: str = "sonnet", **fields: Any) -> None:
    """5 tokens of sonnet."""
    spender.record(request_id, parts=usage_parts(Request("anthropic", BODY, spender.now, name)), **fields)


def run(command: str, *words: str) -> tuple[int, dict[str, Any]]:
    said = StringIO()
    code = 0
    try:
        call_command(command, *words, "--reason", "a wrong list", "--json", stdout=said)
    except SystemExit as end:
        code = int(str(end.code))
    return code, json.loads(said.getvalue())


def reprice(*words: str) -> tuple[int, dict[str, Any]]:
    code, said = run("usage_reprice", "alpha", "--from", "2026-11-01", "--to", "2026-11-30", *words)
    return code, {name: said[name] for name in ("rows", "changed", "cost", "charged")}


def test_lower_prices_give_back_what_was_charged_too_much(alpha: Spender, cast: Cast) -> None:
    spend(alpha, "r1", member_id=cast.carol.pk)
    prices_are(1)
    assert reprice("--dry-run") == (0, {"rows": 1, "changed": 1, "cost": -5, "charged": 0})
    assert alpha.account.balance == -10
    assert reprice() == (0, {"rows": 1, "changed": 1, "cost": -5, "charged": -5})
    entry, row = LedgerEntry.objects.get(), Usage.objects.get()
    assert (entry.usage_id, entry.amount, entry.balance_after, entry.reason) == (row.pk, 5, -5, "a wrong list")
    assert entry.source.startswith(f"reprice:{row.pk}:")
    assert (row.cost, row.charged) == (10, 10)
    assert (alpha.account.month_used, LimitCounter.objects.get().used, UsageRollup.objects.get().cost) == (5, 5, 5)
    audited = AuditEntry.objects.get(action="billing.reprice")
    assert json.loads(audited.details) == {"rows": 1, "micro_cents": -5, "reason": "a wrong list"}
    assert reprice() == (1, {"rows": 1, "changed": 0, "cost": 0, "charged": 0})
    assert alpha.adds_up()


def test_higher_prices_are_charged_as_far_as_they_fit(alpha: Spender) -> None:
    alpha.set(monthly_limit=12)
    spend(alpha, "r1")
    prices_are(3)
    assert reprice() == (0, {"rows": 1, "changed": 1, "cost": 5, "charged": 2})
    entry = LedgerEntry.objects.get()
    assert (entry.cost, entry.charged, entry.carried, alpha.account.month_used) == (5, 2, 3, 12)
    assert UsageRollup.objects.get().carried == 3
    prices_are(2)
    assert reprice()[1] == {"rows": 1, "changed": 1, "cost": -5, "charged": -2}
    assert alpha.account.balance == -10
    assert alpha.adds_up()


def test_what_the_host_carried_beyond_a_ceiling_stays_the_hosts(alpha: Spender) -> None:
    alpha.set(monthly_limit=4)
    spend(alpha, "r1")
    alpha.set(monthly_limit=None)
    prices_are(3)
    assert reprice()[1] == {"rows": 1, "changed": 1, "cost": 5, "charged": 0}
    prices_are(1)
    assert reprice()[1] == {"rows": 1, "changed": 1, "cost": -10, "charged": 0}
    assert (alpha.account.balance, LedgerEntry.objects.count()) == (-4, 2)
    assert alpha.adds_up()


def test_own_credentials_are_corrected_without_touching_the_balance(alpha: Spender) -> None:
    spend(alpha, "r1", payer=Payer.OWN)
    prices_are(1)
    assert reprice()[1]["charged"] == -5
    assert (alpha.account.balance, alpha.account.month_used, UsageRollup.objects.get().own_cost) == (0, 5, 5)
    assert alpha.adds_up()


def test_only_the_days_and_models_that_were_named_are_priced_anew(alpha: Spender) -> None:
    spend(alpha, "r1")
    prices_are(1)
    assert reprice("--model", "other") == (1, {"rows": 0, "changed": 0, "cost": 0, "charged": 0})
    assert run("usage_reprice", "alpha", "--from", "2026-11-30", "--to", "2026-12-30")[0] == 1
    with pytest.raises(CommandError) as raised:
        run("usage_reprice", "alpha", "--from", "yesterday")
    assert raised.value.returncode == 2


def test_a_correction_that_its_version_does_not_give_is_named(alpha: Spender) -> None:
    spend(alpha, "r1")
    prices_are(1)
    reprice()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE billing_ledgerentry SET cost = -4, carried = 1")
    checks = {problem.check for problem in account_verify(alpha.account.pk)}
    assert {"correction_price", "rollup"} <= checks


def test_usage_without_a_price_is_released_once_there_is_one(alpha: Spender, cast: Cast) -> None:
    spend(alpha, "r1", "opus", member_id=cast.carol.pk)
    (waiting,) = QuarantinedRequest.objects.all()
    with pytest.raises(UsageUnpriced, match="model_without_price"):
        quarantine_release(quarantined=waiting, cost=None, actor=THE_CONSOLE)
    assert alpha.account.balance == 0
    prices = listed(model("opus", prices=[priced(4 * MICRO_CENT)]))
    prices_load(price_list=price_list_read(prices), layer="file")
    said = {"request": "r1", "code": "model_without_price", "micro_cents": 20}
    assert run("usage_release", "alpha", "r1", "--dry-run")[1].items() >= {**said, "changed": True}.items()
    assert run("usage_release", "alpha", "r1") == (
        0,
        {**said, "workspace": cast.alpha.pk, "changed": True, "dry_run": False},
    )
    released = QuarantinedRequest.objects.get()
    assert (released.cost, released.reason, released.resolved_at is None) == (20, "a wrong list", False)
    assert (alpha.account.balance, LimitCounter.objects.get().used) == (-20, 20)
    assert UsageRollup.objects.get().quarantined == 0
    assert AuditEntry.objects.filter(action="billing.release").count() == 1
    assert run("usage_release", "alpha", "r1")[0] == 1
    assert alpha.adds_up()


def test_what_does_not_add_up_is_released_at_what_staff_say(alpha: Spender) -> None:
    parts = usage_parts(Request("anthropic", {"input_tokens": -1, "output_tokens": 2}, NOW, "sonnet"))
    alpha.record("r1", parts=parts)
    with pytest.raises(CommandError, match="say what it cost") as raised:
        run("usage_release", "alpha", "r1")
    assert raised.value.returncode == 2
    assert run("usage_release", "alpha", "r1", "--cost", "0.00000007")[1]["micro_cents"] == 7
    assert alpha.account.balance == -7
    assert alpha.adds_up()


def test_dismissed_usage_is_quarantined_no_longer_and_costs_nothing(alpha: Spender) -> None:
    spend(alpha, "r1", "opus")
    assert quarantine_release(quarantined=QuarantinedRequest.objects.get(), cost=0, actor=THE_CONSOLE)
    assert not quarantine_release(quarantined=QuarantinedRequest.objects.get(), cost=5, actor=THE_CONSOLE)
    assert (alpha.account.balance, UsageRollup.objects.get().quarantined) == (0, 0)
    assert alpha.adds_up()


def test_an_unknown_request_has_exit_code_2(alpha: Spender) -> None:
    with pytest.raises(CommandError) as raised:
        run("usage_release", "alpha", "r1")
    assert raised.value.returncode == 2


def test_support_staff_release_and_dismiss_with_a_reason(alpha: Spender, cast: Cast) -> None:
    spend(alpha, "r1", "opus")
    spend(alpha, "r2", "opus")
    first, second = QuarantinedRequest.objects.order_by("pk")
    sue = supporter()
    assert "still no price" in sue.do("billing/quarantinedrequest", "release", first.pk)
    prices_load(price_list=price_list_read(listed(model("opus", prices=[priced(4 * MICRO_CENT)]))), layer="file")
    assert "done" in sue.do("billing/quarantinedrequest", "release", first.pk)
    assert "done" in sue.do("billing/quarantinedrequest", "dismiss", second.pk)
    assert alpha.account.balance == -20
    assert set(QuarantinedRequest.objects.values_list("resolved_by", "cost")) == {(sue.user.pk, 20), (sue.user.pk, 0)}
