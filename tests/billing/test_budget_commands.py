"""`budget_set` and `grant_credit`: what they change, what they print, their exit codes, and the audit log."""

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from billing.models import BillingAccount, LedgerEntry
from tests.billing.ledger import Spender
from tests.cast import Cast
from workspaces.models import AuditEntry

pytestmark = pytest.mark.django_db
WHY = "--reason=a contract"


def run(*words: str) -> tuple[int, str]:
    said = StringIO()
    try:
        call_command(words[0], WHY, *words[1:], stdout=said)
    except SystemExit as end:
        return int(str(end.code)), said.getvalue()
    except CommandError as error:
        return error.returncode, str(error)
    return 0, said.getvalue()


def audited(action: str) -> list[dict[str, Any]]:
    return [json.loads(entry.details) for entry in AuditEntry.objects.filter(action=action).order_by("seq")]


def account(cast: Cast) -> BillingAccount:
    return BillingAccount.objects.get(workspace_id=cast.alpha.pk)


def test_a_budget_is_set_lowered_and_taken_away(cast: Cast) -> None:
    assert run("budget_set", "alpha", "25") == (0, "alpha: the budget is now $25.00 a month (was without limit)\n")
    assert account(cast).monthly_limit == 2_500_000_000
    code, said = run("budget_set", cast.alpha.pk, "0.50", "--json")
    told = json.loads(said)
    assert (code, told["monthly_limit"], told["was"], told["changed"]) == (0, 50_000_000, 2_500_000_000, True)
    assert run("budget_set", "alpha", "0.5")[0] == 1
    assert run("budget_set", "alpha", "none")[0] == 0
    assert account(cast).monthly_limit is None
    assert [each["to"] for each in audited("billing.budget")] == [2_500_000_000, 50_000_000, None]
    assert audited("billing.budget")[0]["reason"] == "a contract"


def test_a_dry_run_sets_no_budget(cast: Cast) -> None:
    assert run("budget_set", "alpha", "0", "--dry-run") == (
        0,
        "alpha: the budget would be $0.00 a month (was without limit)\n",
    )
    assert account(cast).monthly_limit is None
    assert audited("billing.budget") == []


@pytest.mark.parametrize("amount", ["", "-1", "1e3", "ten", "0.000000001", "99999999", "$"])
def test_what_is_no_amount_has_exit_code_2(cast: Cast, amount: str) -> None:
    code, said = run("grant_credit", "alpha", "--id=one", "--", amount)
    assert (code, "Not an amount" in said) == (2, True)


def test_an_unknown_workspace_has_exit_code_2(cast: Cast) -> None:
    assert run("budget_set", "nobody", "1") == (2, "No such workspace: nobody")
    assert run("grant_credit", "nobody", "1") == (2, "No such workspace: nobody")


def test_a_grant_counts_once_for_its_id(cast: Cast) -> None:
    assert run("grant_credit", "alpha", "20", "--id", "june") == (0, "alpha: $20.00 is granted, balance $20.00\n")
    assert run("grant_credit", "alpha", "20", "--id", "june")[0] == 1
    code, said = run("grant_credit", "alpha", "21", "--id", "june")
    assert (code, "another amount" in said) == (2, True)
    code, said = run("grant_credit", "alpha", "1", "--json")
    assert (code, json.loads(said)["balance"]) == (0, 2_100_000_000)
    entry = LedgerEntry.objects.get(source="grant:june")
    assert (entry.amount, entry.seq, entry.reason) == (2_000_000_000, 1, "a contract")
    assert [each["micro_cents"] for each in audited("billing.grant")] == [2_000_000_000, 100_000_000]
    assert Spender(cast.alpha).adds_up()


def test_a_dry_run_grants_nothing(cast: Cast) -> None:
    assert run("grant_credit", "alpha", "20", "--dry-run") == (
        0,
        "alpha: $20.00 would be granted, balance $0.00\n",
    )
    assert not LedgerEntry.objects.exists()


@pytest.mark.parametrize("words", [["0"], ["1", "--id", "x" * 65]])
def test_a_grant_of_nothing_or_with_a_long_id_is_refused(cast: Cast, words: list[str]) -> None:
    assert run("grant_credit", "alpha", *words)[0] == 2
