"""The Billing page, the statement and usage by request search indexes, however many rows there are."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest
import time_machine
from asgiref.sync import async_to_sync

from billing.models import BillingAccount, LedgerEntry, LimitCounter, QuarantinedRequest, StatementDay, Usage
from tests.cast import Cast, SignIn
from tests.support.bigtables import analyse, forget_statistics
from tests.support.plans import Statement, findings, growing_tables, recorded, rows_read, tables_of
from workspaces.models import APIKey, Membership

pytestmark = pytest.mark.django_db(transaction=True)
NOW: Final = datetime(2026, 11, 20, 9, tzinfo=UTC)
DAYS: Final = 110
ENTRIES: Final = 20
"""Of each kind a day: as many entries as usage rows."""
PAGE_READS: Final = 400
BILLING: Final = "/workspaces/alpha/billing/"
REQUESTS: Final = "/workspaces/alpha/usage/requests/"


@pytest.fixture(autouse=True)
def _now() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def full(cast: Cast) -> Cast:
    """In both workspaces 110 days, each with 20 usage rows, which are posted in one go, and 20 corrections of them."""
    for account in BillingAccount.objects.all():
        _fill(account)
    Membership.objects.update(monthly_limit=10)
    return cast


def _fill(account: BillingAccount) -> None:
    began = NOW - timedelta(days=DAYS)
    for day in range(DAYS):
        at, seq = began + timedelta(days=day), 1 + 2 * ENTRIES * day
        same: dict[str, Any] = {"account": account, "at": at, "cost": 1, "charged": 1, "carried": 0}
        rows = Usage.objects.bulk_create(
            Usage(
                **same,
                request_id=f"r{day}-{number}",
                model=f"m{number}",
                fingerprint="f",
                month=at.year * 100 + at.month,
                day=at.date(),
                payer="host",
                counted=1,
                seq=seq + number,
                balance_after=-seq - number,
                quarantined="model_without_price" if number == 0 else "",
                recorded_at=at,
            )
            for number in range(ENTRIES)
        )
        LedgerEntry.objects.bulk_create(
            LedgerEntry(
                account=account,
                at=at,
                seq=seq + ENTRIES + number,
                source=f"{'grant' if number == 0 else 'reprice'}:{day}-{number}",
                amount=0,
                balance_after=-seq - ENTRIES,
                usage_id=row.pk if number else None,
            )
            for number, row in enumerate(rows)
        )
        last = {"last_seq": seq + ENTRIES - 1, "balance_after": -seq - ENTRIES}
        StatementDay.objects.create(account=account, day=at.date(), requests=ENTRIES, used=1, first_seq=seq, **last)
    QuarantinedRequest.objects.bulk_create(
        QuarantinedRequest(account=account, request_id=f"r{day}-{number}", code="model_without_price", at=NOW)
        for day in range(DAYS)
        for number in range(ENTRIES)
    )
    LimitCounter.objects.bulk_create(
        LimitCounter(account=account, scope="key", scope_id=f"key_{number}", month=202611, limit=5)
        for number in range(2_000)
    )


def asked(cast: Cast, sign_in: SignIn) -> list[Statement]:
    client = sign_in(cast.alice)
    APIKey.objects.update(monthly_limit=5)
    row = Usage.objects.filter(account__workspace=cast.alpha, day="2026-11-05").latest("pk")
    paths = (
        BILLING,
        f"{BILLING}statement/",
        f"{BILLING}statement/?before=20261005.2281",
        f"{BILLING}statement/?since=2026-10-01&until=2026-10-31",
        f"{BILLING}statement/?since=2026-10-01&before=20261005.2281",
        f"{BILLING}statement/41-60/",
        f"{REQUESTS}?day=2026-11-05",
        f"{REQUESTS}?day=2026-11-05&model=m3&only=quarantined&before={row.pk}",
        f"{REQUESTS}one/?id=r5-3",
    )
    with recorded() as statements:
        for path in paths:
            assert client.get(path).status_code == 200, path
        assert client.get(f"/workspaces/alpha/usage/rows/{row.pk}/").status_code == 302
        assert client.get(f"{REQUESTS}one/?id=unknown").status_code == 404
        assert _read(client.get(f"{BILLING}statement/export.csv")) > 0
    return statements


def _read(response: Any) -> int:
    async def collect() -> int:
        return sum([len(piece) async for piece in response])

    return async_to_sync(collect)()


def test_no_page_of_billing_scans(full: Cast, sign_in: SignIn) -> None:
    statements = asked(full, sign_in)
    tables = {table for statement in statements for table in tables_of(statement.sql).values()}
    assert {"billing_usage", "billing_ledgerentry", "billing_statementday", "billing_limitcounter"} <= tables
    growing = {name: rows for name, rows in growing_tables().items() if name.startswith("billing_")}
    found = [finding for statement in statements for finding in findings(statement, growing)]
    analyse()
    found += [finding for statement in statements for finding in findings(statement, growing)]
    forget_statistics()
    assert found == []


def test_statement_reads_pages_of_entries_and_no_usage_row(full: Cast, sign_in: SignIn) -> None:
    client = sign_in(full.alice)
    analyse()
    with recorded() as statements:
        client.get(f"{BILLING}statement/?since=2026-09-01&until=2026-11-01&before=20261005.2281")
    forget_statistics()
    of_billing = [each for each in statements if "billing_" in each.sql]
    assert len(of_billing) >= 6
    assert [each.sql for each in of_billing if "billing_usage" in each.sql] == []
    assert {each.sql: count for each in of_billing if (count := rows_read(each)) > PAGE_READS} == {}


def test_requests_of_a_day_read_no_other_day(full: Cast, sign_in: SignIn) -> None:
    client = sign_in(full.alice)
    analyse()
    with recorded() as statements:
        for query in ("?day=2026-11-05", "?day=2026-11-05&model=m3", "?day=2026-11-05&only=quarantined"):
            client.get(f"{REQUESTS}{query}")
    forget_statistics()
    rows = [each for each in statements if 'FROM "billing_usage"' in each.sql.replace("`", '"')]
    assert len(rows) == 3
    assert {each.sql: count for each in rows if (count := rows_read(each)) > PAGE_READS} == {}
