"""Reserve and settle: pairs a second on one hot workspace and over 100, and how long each takes.

`python -m opencode.devtools.withservers -- python -m tests.bench.ledger [--seconds 5] [--in-flight 32] [--rows 1000]`
prints one JSON line for each; without `withservers` on SQLite. Every commit is synced to disk. With `--rows` so many
usage rows are there before. `cpu_us` is this process's CPU for a pair.
"""

import argparse
import asyncio
import json
import os
import random
import sys
import time
from datetime import timedelta
from typing import Any

import django

WORKSPACES = 100
MEMBERS = 5
# Until every member and key has a counter for the month.
WARMING_SECONDS = 3
ROWS_AT_ONCE = 2_000


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--seconds", type=float, default=5)
    options.add_argument("--in-flight", type=int, default=32)
    options.add_argument("--rows", type=int, default=0)
    asked = options.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "opencode.settings.test")
    django.setup()
    from django.db import connection
    from django.test.utils import setup_databases, teardown_databases

    made = setup_databases(verbosity=0, interactive=False)
    try:
        prepare(asked.rows)
        for workspaces in (1, WORKSPACES):
            measure(workspaces, WARMING_SECONDS, asked.in_flight)
            found = measure(workspaces, asked.seconds, asked.in_flight)
            of = {"database": connection.vendor, "workspaces": workspaces, "in_flight": asked.in_flight}
            sys.stdout.write(json.dumps(of | {"rows_before": asked.rows} | found) + "\n")
            sys.stdout.flush()
    finally:
        teardown_databases(made, verbosity=0)


def prepare(rows: int) -> None:
    from billing.models import BillingAccount
    from workspaces.models import Workspace

    made = [Workspace(pk=f"wrk_{number:026}", name=f"w{number}", slug=f"w{number}") for number in range(WORKSPACES)]
    Workspace.objects.bulk_create(made)
    BillingAccount.objects.bulk_create(
        BillingAccount(workspace_id=each.pk, monthly_limit=10**15, funding="prepaid", balance=10**15) for each in made
    )
    seed(rows)


def seed(rows: int) -> None:
    """Usage of the last 90 days, over all workspaces."""
    from billing.models import BillingAccount, Usage
    from opencode.lib.clock import utc_now

    accounts = list(BillingAccount.objects.values_list("pk", flat=True))
    now = utc_now()
    for first in range(0, rows, ROWS_AT_ONCE):
        some = []
        for number in range(first, min(rows, first + ROWS_AT_ONCE)):
            at = now - timedelta(seconds=number * 90 * 86_400 / rows)
            member = f"usr_{number % MEMBERS:026}"
            some.append(
                Usage(
                    account_id=accounts[number % WORKSPACES],
                    request_id=f"seed_{number:012}",
                    model="anthropic/claude-sonnet-5",
                    fingerprint="seed",
                    month=at.year * 100 + at.month,
                    day=at.date(),
                    member_id=member,
                    key_id=f"key_{number % MEMBERS:026}",
                    input=800,
                    output=300,
                    prompt=800,
                    payer="host",
                    cost=1_000_000,
                    charged=1_000_000,
                    carried=0,
                    counted=1_000_000,
                    at=at,
                    recorded_at=at,
                )
            )
        Usage.objects.bulk_create(some)


def measure(workspaces: int, seconds: float, in_flight: int) -> dict[str, Any]:
    took = {"reserve": list[float](), "settle": list[float]()}
    before, began = time.process_time(), time.monotonic()
    pairs = asyncio.run(spend(workspaces, seconds, in_flight, took))
    elapsed, cpu = time.monotonic() - began, time.process_time() - before
    found: dict[str, Any] = {"pairs_per_second": round(pairs / elapsed), "cpu_us": round(cpu / pairs * 1e6)}
    for name, times in took.items():
        times.sort()
        found[f"{name}_p50_ms"] = round(times[len(times) // 2] * 1e3, 1)
        found[f"{name}_p99_ms"] = round(times[int(len(times) * 0.99)] * 1e3, 1)
    return found


async def spend(workspaces: int, seconds: float, in_flight: int, took: dict[str, list[float]]) -> int:
    from billing.ledger.facts import Payer
    from billing.pricing.classes import Tokens
    from billing.services.reservations import Wanted, areserve, asettle
    from billing.services.running import ledger_stop
    from billing.services.work import UsageDetails
    from opencode.lib.ids import new_id

    tokens = Tokens(800, 0, 0, 0, 300, 50)
    parts = [UsageDetails("anthropic/claude-sonnet-5", 1_000_000, tokens, prompt=800)]
    end = time.monotonic() + seconds
    pairs = 0

    async def client(number: int) -> None:
        nonlocal pairs
        chance = random.Random(number)
        while time.monotonic() < end:
            workspace, member = f"wrk_{chance.randrange(workspaces):026}", chance.randrange(MEMBERS)
            request = new_id("req")
            of = {"member_id": f"usr_{member:026}", "key_id": f"key_{member:026}", "session_id": f"ses_{number}"}
            wanted = Wanted(request, "f" * 64, 2_400_000, "anthropic/claude-sonnet-5", price_version_id=None, **of)
            began = time.monotonic()
            await areserve(workspace_id=workspace, wanted=wanted)
            reserved = time.monotonic()
            said = {"request_id": request, "usage": parts, "payer": Payer.HOST, "fingerprint": "s" * 64}
            await asettle(workspace_id=workspace, **said)
            took["reserve"].append(reserved - began)
            took["settle"].append(time.monotonic() - reserved)
            pairs += 1

    await asyncio.gather(*(client(number) for number in range(in_flight)))
    await ledger_stop()
    return pairs


if __name__ == "__main__":
    main()
