"""The Usage page, its CSV and the API read rollups by an index and never a row by request, however many there are."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

import pytest
import time_machine
from asgiref.sync import async_to_sync

from billing.models import BillingAccount, ReportedMessage, Usage, UsageRollup
from sync.archive import session_report
from tests.cast import Cast, SignIn
from tests.support.bigtables import analyse, forget_statistics
from tests.support.messages import assistant, send, session_in
from tests.support.plans import Statement, findings, growing_tables, recorded, rows_read, tables_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("objects")]
SINCE: Final = date(2026, 8, 1)
DAYS: Final = 120
MODELS: Final = 20
OWN: Final = ("billing_usagerollup", "billing_usage", "billing_reportedmessage")


@pytest.fixture(autouse=True)
def _today() -> Iterator[None]:
    with time_machine.travel(datetime(2026, 11, 20, 9, tzinfo=UTC), tick=False):
        yield


@pytest.fixture
def full(cast: Cast) -> Cast:
    """Four months of twenty models in both workspaces, from both sources, and as many messages."""
    for account in BillingAccount.objects.all():
        UsageRollup.objects.bulk_create(
            UsageRollup(
                account=account, day=SINCE + timedelta(days=day), model=f"m{number}", source=source, requests=1, cost=1
            )
            for source in ("metered", "reported")
            for day in range(DAYS)
            for number in range(MODELS)
        )
        ReportedMessage.objects.bulk_create(
            ReportedMessage(account=account, message=f"{number:032}", same_as=f"{number:032}", day=SINCE)
            for number in range(2000)
        )
    return cast


def asked(cast: Cast, sign_in: SignIn) -> list[Statement]:
    client = sign_in(cast.alice)
    session = session_in(cast.alpha)
    send(session, msg_1=assistant())
    with recorded() as statements:
        for query in ("", "?month=2026-09&by=member", "?source=reported&by=key", "?model=m3"):
            assert client.get(f"/workspaces/alpha/usage/{query}").status_code == 200
        assert _read(client.get("/workspaces/alpha/usage/export.csv")) > 0
        for query in ("", "&limit=20", "&after=20261105.17", "&source=reported", "&person=usr_1"):
            assert client.get(f"/api/v1/usage?workspace=alpha{query}").status_code == 200
        for path in ("limits", "balance"):
            assert client.get(f"/api/v1/{path}?workspace=alpha").status_code == 200
        session_report(session_id=session.pk, now=datetime(2026, 11, 29, tzinfo=UTC))
    return statements


def _read(response: Any) -> int:
    async def collect() -> int:
        return sum([len(piece) async for piece in response])

    return async_to_sync(collect)()


def test_nothing_is_scanned_and_no_page_asks_for_rows_by_request(full: Cast, sign_in: SignIn) -> None:
    statements = asked(full, sign_in)
    tables = {table for statement in statements for table in tables_of(statement.sql).values()}
    assert {"billing_usagerollup", "billing_reportedmessage"} <= tables
    assert Usage._meta.db_table not in tables
    growing = {name: rows for name, rows in growing_tables().items() if name in OWN}
    found = [finding for statement in statements for finding in findings(statement, growing)]
    analyse()
    found += [finding for statement in statements for finding in findings(statement, growing)]
    forget_statistics()
    assert found == []


def test_page_of_the_api_reads_a_page_and_not_its_range(full: Cast, sign_in: SignIn) -> None:
    client = sign_in(full.alice)
    with recorded() as statements:
        client.get("/api/v1/usage?workspace=alpha&limit=20&since=2026-08-01&after=20261105.17")
    (page,) = [each for each in statements if "LIMIT 21" in each.sql and "billing_usagerollup" in each.sql]
    assert rows_read(page) <= 250
