"""No statement of the ledger scans a table that grows: those of reservations, of usage and its sums, and of sweeps.

They are those the running code asks, of whichever thread, beside full tables, one at a time and many in a batch.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, Final, NamedTuple

import pytest
from asgiref.sync import sync_to_async
from django.test import Client
from pytest_django import DjangoDbBlocker

from billing.ledger.facts import Funding, Payer
from billing.models import BillingAccount, QuarantinedRequest
from billing.selectors.verification import account_verify
from billing.services.expiry import processes_bury, reservations_expire, reservations_purge
from billing.services.funding import funding_set
from billing.services.grants import credit_grant, grants_lapse
from billing.services.lane import LedgerLane
from billing.services.prices import prices_prepare
from billing.services.quarantine import quarantine_release
from billing.services.reservations import Wanted, arelease, areserve, asettle
from billing.services.running import ledger_stop
from billing.services.work import UsageDetails
from opencode.lib.actor import PERSON, THE_CONSOLE, Actor
from opencode.lib.clock import utc_now
from tests.cast import Cast, browser, make_cast
from tests.support.bigledger import fill_accounts, fill_beside, fill_prices, fill_usage
from tests.support.bigtables import analyse, analyse_in_time, fill_people, forget_statistics
from tests.support.plans import Finding, Statement, findings, growing_tables, recorded, tables_of
from workspaces.services.api_keys import api_key_create, api_key_limit_set
from workspaces.services.memberships import membership_change

# A machine that is busy with other things takes minutes for the tables.
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(400)]
PRICE_LISTS: Final = 10
PEOPLE: Final = 200
ACCOUNTS: Final = 600
DAYS: Final = 60
ROWS_A_DAY: Final = 40
BESIDE: Final = 400
BODY: Final = {"input_tokens": 1000, "output_tokens": 100}
MODEL: Final = "anthropic/claude-sonnet-4-5"


class Full(NamedTuple):
    """The cast beside many accounts; alpha and gamma have months of usage. `key` may record usage, and is limited."""

    cast: Cast
    key_id: str
    key: str


def fill() -> Full:
    cast = make_cast()
    prices_prepare()
    fill_prices(PRICE_LISTS)
    fill_people(PEOPLE)
    fill_accounts(ACCOUNTS)
    for workspace in (cast.alpha, cast.gamma):
        account = BillingAccount.objects.get(workspace=workspace)
        fill_usage(account, until=utc_now().date(), days=DAYS, rows_a_day=ROWS_A_DAY)
        fill_beside(account, BESIDE, utc_now())
    alice = Actor(PERSON, cast.alice.pk)
    membership_change(membership=cast.membership(cast.carol), monthly_limit=10**12, actor=alice)
    key, secret = api_key_create(
        workspace=cast.alpha, created_by=cast.alice, name="k", scopes=["models", "usage:write"], actor=THE_CONSOLE
    )
    api_key_limit_set(key=key, monthly_limit=10**12, actor=THE_CONSOLE)
    return Full(cast, key.pk, secret)


# --- what is done


async def requests(full: Full) -> None:
    """Of two workspaces: alone and at once, repeated, released, settled in two parts, and one that nobody reserved."""
    for names in (["one"], [f"many-{number}" for number in range(6)]):
        both = [(workspace.pk, name) for name in names for workspace in (full.cast.alpha, full.cast.gamma)]
        for _ in range(2):
            await asyncio.gather(*(_reserve(full, workspace, name) for workspace, name in both))
        *settled, released = both
        for _ in range(2):
            await asyncio.gather(*(_settle(workspace, name) for workspace, name in settled))
        await arelease(workspace_id=released[0], request_id=released[1])
        await _settle(both[0][0], "never reserved")


async def _reserve(full: Full, workspace: str, name: str) -> None:
    of = {"member_id": full.cast.carol.pk, "key_id": full.key_id, "session_id": "ses_1"}
    await areserve(workspace_id=workspace, wanted=Wanted(name, "f", 10, MODEL, **of))


async def _settle(workspace: str, name: str) -> None:
    parts = [UsageDetails(MODEL, 4), UsageDetails("opus", 3)]
    await asettle(workspace_id=workspace, request_id=name, usage=parts, payer=Payer.HOST, fingerprint="s")


def a_process_lives(_full: Full) -> None:
    """It enters itself, then says that it is alive."""
    lane = LedgerLane(lambda _calls: None)
    for _ in range(2):
        lane.beat()


def usage_api(full: Full) -> None:
    """New items, a body that does not add up, repeats, another body under the same id."""
    bad = {**BODY, "cache_creation_input_tokens": 5, "cache_creation": {"ephemeral_5m_input_tokens": 9}}
    items = [_item("a"), _item("b"), _item("bad", usage=bad), _item("none", model="nobody/knows")]
    for sent in (items[:1], items, [*items, _item("a", usage={**BODY, "output_tokens": 7})]):
        found = _post(full, sent)
    assert [each["answer"] for each in found] == ["duplicate", "duplicate", "duplicate", "duplicate", "conflict"]


def _item(name: str, **others: Any) -> dict[str, Any]:
    return {"id": name, "format": "anthropic", "model": MODEL, "usage": BODY, **others}


def _post(full: Full, items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    headers = {"authorization": f"Bearer {full.key}"}
    answer = Client().post("/api/v1/usage", {"items": items}, content_type="application/json", headers=headers)
    assert answer.status_code == 200, answer.content
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


def corrections(full: Full) -> None:
    """Staff release what was quarantined, and give credit, once and for a period."""
    _post(full, [_item("released", model="nobody/knows")])
    mine = BillingAccount.objects.get(workspace=full.cast.alpha)
    row = QuarantinedRequest.objects.get(account=mine, request_id="released")
    assert quarantine_release(quarantined=row, cost=5, actor=THE_CONSOLE)
    workspace = {"workspace_id": full.cast.alpha.pk, "actor": THE_CONSOLE}
    credit_grant(amount=10, grant_id="once", **workspace)
    credit_grant(amount=10, grant_id="for a while", ends_at=utc_now() + timedelta(seconds=1), **workspace)
    funding_set(funding=Funding.PREPAID, **workspace)


def sweeps(_full: Full) -> None:
    """Requests whose time is over, and requests of a process that is gone."""
    now = utc_now()
    assert reservations_expire(now=now) == BESIDE // 5
    assert processes_bury(now=now) == BESIDE // 5
    assert reservations_purge(now=now) == 0
    grants_lapse(now=now + timedelta(days=1))


def pages(full: Full) -> None:
    client = browser(full.cast.alice)
    paths = ("usage/", "usage/?by=member&month=2026-10", "usage/requests/", "billing/", "members/", "keys/")
    for path in (*paths, "billing/statement/", "billing/statement/?until=2026-11-01", "billing/statement/11-60/"):
        assert client.get(f"/workspaces/alpha/{path}").status_code == 200
    for path in ("usage", "limits", "balance"):
        assert client.get(f"/api/v1/{path}?workspace=alpha").status_code == 200


class Path(NamedTuple):
    """`tables` are some of those it must have asked, so that an empty record is no success."""

    act: Callable[[Full], Awaitable[None] | None]
    tables: set[str]


PATHS: Final = {
    "requests": Path(
        requests,
        {
            *("billing_billingaccount", "billing_reservation", "billing_limitcounter", "billing_usage"),
            *("billing_usagerollup", "billing_statementday"),
        },
    ),
    "a process lives": Path(a_process_lives, {"billing_process"}),
    "usage API": Path(usage_api, {"billing_usage", "billing_quarantinedrequest", "billing_usagerollup"}),
    "corrections": Path(corrections, {"billing_ledgerentry", "billing_periodicgrant", "billing_quarantinedrequest"}),
    "sweeps": Path(sweeps, {"billing_reservation", "billing_process", "billing_periodicgrant"}),
    "pages": Path(pages, {"billing_usagerollup", "billing_limitcounter", "billing_statementday", "billing_usage"}),
}


class Plans(NamedTuple):
    asked: list[Statement]
    found: list[Finding]


@pytest.fixture(scope="module")
def plans(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> dict[str, Plans]:
    """Of every path, on tables filled once for all of them."""
    with django_db_blocker.unblock():
        full = fill()
        analyse_in_time()
        growing = growing_tables()
        asked = {name: _asked(path, full) for name, path in PATHS.items()}
        found = {name: _found(statements, growing) for name, statements in asked.items()}
        analyse()
        for name, statements in asked.items():
            found[name] += _found(statements, growing)
        forget_statistics()
        # What was filled in goes with the first test.
        return {name: Plans(asked[name], found[name]) for name in PATHS}


def _asked(path: Path, full: Full) -> list[Statement]:
    with recorded() as statements:
        asyncio.run(_act(path, full))
    return statements


async def _act(path: Path, full: Full) -> None:
    try:
        await (path.act(full) if asyncio.iscoroutinefunction(path.act) else sync_to_async(path.act)(full))
    finally:
        await ledger_stop()


def _found(statements: list[Statement], growing: dict[str, int]) -> list[Finding]:
    return [finding for statement in statements for finding in findings(statement, growing)]


@pytest.mark.parametrize("name", PATHS)
def test_no_statement_scans_a_table_that_grows(name: str, plans: dict[str, Plans]) -> None:
    tables = {table for statement in plans[name].asked for table in tables_of(statement.sql).values()}
    assert PATHS[name].tables - tables == set()
    assert plans[name].found == []


def test_what_was_filled_in_adds_up() -> None:
    (account,) = fill_accounts(1)
    fill_usage(account, until=utc_now().date(), days=40, rows_a_day=30)
    fill_beside(account, 20, utc_now())
    assert account_verify(account.pk) == []
