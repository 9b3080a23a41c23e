"""Pages about usage and money beside many rows: `python -m tests.bench.usage [rows] [--accounts 100] [--days 90]`.

Fills a database with so many usage rows (1 M without a number) and all their sums, on SQLite or, behind
`python -m opencode.devtools.withservers --`, on MariaDB. Prints for each page of one of the accounts the milliseconds
that it takes on the server, in wall time and in CPU of this process, the median of twenty.
"""

import argparse
import os
import statistics
import sys
import time
from typing import Final

import django

ROUNDS: Final = 20
PAGES: Final = {
    "Usage, this month": "usage/",
    "Usage, 90 days by key": "usage/?by=key&since={since}&until={until}",
    "requests of the month": "usage/requests/",
    "Billing": "billing/",
    "statement": "billing/statement/",
    "statement, a day's rows": "billing/statement/{first}-{last}/",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rows", nargs="?", type=int, default=1_000_000)
    parser.add_argument("--accounts", type=int, default=100)
    parser.add_argument("--days", type=int, default=90)
    own = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "opencode.settings.test")
    django.setup()
    from django.test.utils import setup_databases, setup_test_environment, teardown_databases

    setup_test_environment()
    made = setup_databases(verbosity=0, interactive=False)
    try:
        measure(own.rows // (own.accounts * own.days), own.accounts, own.days)
    finally:
        teardown_databases(made, verbosity=0)


def measure(rows_a_day: int, accounts: int, days: int) -> None:
    from datetime import timedelta

    from billing.models import BillingAccount
    from opencode.lib.clock import utc_now
    from tests.cast import browser, make_cast
    from tests.support.bigledger import fill_accounts, fill_usage
    from tests.support.bigtables import analyse_in_time

    cast, today = make_cast(), utc_now().date()
    until = today + timedelta(days=1)
    looked_at = BillingAccount.objects.get(workspace=cast.alpha)
    began = time.perf_counter()
    for account in [looked_at, *fill_accounts(accounts - 1)]:
        fill_usage(account, until=until, days=days, rows_a_day=rows_a_day)
    analyse_in_time()
    tell(f"{accounts * days * rows_a_day:,} rows of {accounts} accounts in {time.perf_counter() - began:.0f} s")
    client = browser(cast.alice)
    last = days * rows_a_day
    of = {"since": until - timedelta(days=days), "until": today, "first": last - rows_a_day + 1, "last": last}
    for name, path in PAGES.items():
        wall, cpu = [], []
        for _ in range(ROUNDS):
            before, at = time.perf_counter(), time.process_time()
            answer = client.get(f"/workspaces/alpha/{path.format(**of)}")
            wall.append((time.perf_counter() - before) * 1000)
            cpu.append((time.process_time() - at) * 1000)
            assert answer.status_code == 200, (path, answer.status_code)
        size = len(answer.content)
        tell(f"  {name}: {statistics.median(wall):.1f} ms, {statistics.median(cpu):.1f} of CPU, {size:,} bytes")


def tell(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
