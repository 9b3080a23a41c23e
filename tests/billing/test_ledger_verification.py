"""`ledger_verify` names what does not add up."""

import json
from dataclasses import replace
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from billing.ledger.facts import Payer
from billing.pricing.classes import Tokens
from billing.pricing.pricelist import price_list_read
from billing.selectors.verification import account_verify
from billing.services.grants import credit_grant
from billing.services.prices import prices_load
from billing.services.reservations import settle
from billing.services.work import UsageDetails
from opencode.lib.actor import THE_CONSOLE
from tests.billing.ledger import Spender
from tests.cast import Cast
from tests.unit.billing.test_price_lists import listed, model, priced

pytestmark = pytest.mark.django_db


@pytest.fixture
def alpha(cast: Cast) -> Spender:
    """A workspace with a grant, a settled request and an open one, all of carol's."""
    spender = Spender(cast.alpha)
    credit_grant(workspace_id=cast.alpha.pk, amount=100, grant_id="one", actor=THE_CONSOLE)
    spender.reserve("r1", 10, member_id=cast.carol.pk)
    spender.settle("r1", 4)
    spender.reserve("r2", 7, member_id=cast.carol.pk)
    return spender


def verify(*words: str) -> tuple[int, dict[str, Any]]:
    said = StringIO()
    code = 0
    try:
        call_command("ledger_verify", *words, "--json", stdout=said)
    except SystemExit as end:
        code = int(str(end.code))
    return code, json.loads(said.getvalue())


def execute(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def test_a_ledger_that_adds_up_has_exit_code_0(alpha: Spender) -> None:
    assert verify() == (0, {"accounts": 2, "problems": []})


@pytest.mark.parametrize(
    ("statement", "check"),
    [
        ("UPDATE billing_billingaccount SET balance = balance + 1", "balance"),
        ("UPDATE billing_billingaccount SET entry_seq = 5 WHERE balance <> 0", "entry_seq"),
        ("UPDATE billing_billingaccount SET reserved = reserved + 1", "reserved"),
        ("UPDATE billing_billingaccount SET month_reserved = 8 WHERE month <> 0", "month_reserved"),
        ("UPDATE billing_billingaccount SET month_used = 5 WHERE month <> 0", "month_used"),
        ("UPDATE billing_limitcounter SET used = 5", "counter"),
        ("UPDATE billing_limitcounter SET reserved = 5", "counter"),
        ("DELETE FROM billing_limitcounter", "counter"),
        ("DELETE FROM billing_reservation", "reserved"),
        ("DELETE FROM billing_usage", "entry_seq"),
        ("DELETE FROM billing_ledgerentry", "seq_gapless"),
        ("UPDATE billing_ledgerentry SET amount = 101", "balance_after"),
        ("UPDATE billing_usage SET balance_after = 95", "balance_after"),
        ("UPDATE billing_usage SET cost = 5", "usage_parts"),
        ("UPDATE billing_usagerollup SET cost = 5", "rollup"),
        ("UPDATE billing_usagerollup SET requests = 2", "rollup"),
        ("UPDATE billing_usagerollup SET input = 2", "rollup"),
        ("UPDATE billing_usagerollup SET quarantined = 1", "rollup"),
        ("DELETE FROM billing_usagerollup", "rollup"),
        ("UPDATE billing_statementday SET used = 5", "statement_day"),
        ("UPDATE billing_statementday SET balance_after = 5", "statement_day"),
        ("DELETE FROM billing_statementday", "statement_day"),
    ],
)
def test_a_row_that_was_tampered_with_is_named(alpha: Spender, statement: str, check: str) -> None:
    execute(statement)
    code, said = verify("--workspace", "alpha")
    assert code == 1
    assert check in {problem["check"] for problem in said["problems"]}
    assert {problem["workspace"] for problem in said["problems"]} == {alpha.workspace_id}


def test_a_person_reads_the_first_difference(alpha: Spender) -> None:
    execute("UPDATE billing_billingaccount SET balance = 97 WHERE balance <> 0")
    said = StringIO()
    with pytest.raises(SystemExit):
        call_command("ledger_verify", stdout=said, stderr=said)
    assert f"{alpha.workspace_id}: balance (account): stored 97, computed 96" in said.getvalue()
    assert "2 accounts, 1 differences" in said.getvalue()


def test_an_unknown_workspace_has_exit_code_2(alpha: Spender) -> None:
    with pytest.raises(CommandError) as raised:
        verify("--workspace", "nobody")
    assert raised.value.returncode == 2


def test_a_cost_that_its_prices_do_not_give_is_named(alpha: Spender) -> None:
    terms = [priced(10**6), priced(2 * 10**6, context={"service_tier": "flex"})]
    version = prices_load(price_list=price_list_read(listed(model("sonnet", prices=terms))), layer="imported")
    assert version is not None
    part = UsageDetails(
        "sonnet", 6, Tokens(input=3), prompt=3, context="service_tier=flex", price_version_id=version.pk
    )
    alpha.reserve("r3")
    settle(
        workspace_id=alpha.workspace_id, request_id="r3", usage=[part], payer=Payer.HOST, fingerprint="s", now=alpha.now
    )
    assert alpha.adds_up()
    alpha.reserve("r4")
    settle(
        workspace_id=alpha.workspace_id,
        request_id="r4",
        usage=[replace(part, cost=5)],
        payer=Payer.HOST,
        fingerprint="s",
        now=alpha.now,
    )
    (problem,) = account_verify(alpha.account.pk)
    assert (problem.check, problem.stored, problem.computed) == ("usage_price", 5, 6)
