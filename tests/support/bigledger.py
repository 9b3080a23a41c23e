"""Ledgers as they are after months of use: usage with all its sums, and what else gathers beside it.

The benchmarks fill theirs by it too. What is filled in adds up, as `ledger_verify` would say.
"""

from datetime import date, datetime, timedelta
from typing import Final

from django.db import connection

from billing.ledger.facts import Payer, Scope, State
from billing.models import (
    AlertFiring,
    BillingAccount,
    LedgerEntry,
    LimitCounter,
    PeriodicGrant,
    PriceEntry,
    PriceVersion,
    Process,
    QuarantinedRequest,
    ReportedMessage,
    Reservation,
    StatementDay,
    Usage,
    UsageRollup,
)
from opencode.lib.ids import new_id
from tests.support.bigtables import create_in_chunks

MODELS: Final = 5
WHO: Final = 20
"""So many members, each with one key and one model of MODELS."""
COST: Final = 1_000_000
INPUT, OUTPUT = 800, 300
DAY_ROWS_MAX: Final = 10_000

_TEXT: Final = {"sqlite": "{0} || ({1})", "mysql": "CONCAT({0}, {1})"}
_VALUES: Final = (
    ("account_id", "%s"),
    ("request_id", "TEXT:%s,n"),
    ("model", "TEXT:'model-',n %% {models}"),
    ("fingerprint", "'filled'"),
    ("month", "%s"),
    ("day", "%s"),
    ("member_id", "TEXT:'usr_',n %% {who}"),
    ("key_id", "TEXT:'key_',n %% {who}"),
    ("session_id", "''"),
    ("input", f"{INPUT}"),
    *((name, "0") for name in ("cache_read", "cache_write_5m", "cache_write_1h", "reasoning")),
    ("output", f"{OUTPUT}"),
    ("prompt", f"{INPUT}"),
    ("units", "'{{}}'"),
    ("context", "''"),
    ("payer", f"'{Payer.HOST.value}'"),
    *((name, f"{COST}") for name in ("cost", "charged", "counted")),
    ("carried", "0"),
    *((name, "0") for name in ("is_estimated", "was_expired")),
    ("quarantined", "''"),
    ("seq", "%s + n"),
    ("balance_after", f"%s - {COST} * n"),
    ("at", "%s"),
    ("recorded_at", "%s"),
)
_NUMBERS: Final = (
    "(WITH digits AS (SELECT 0 AS d UNION ALL {others}) "
    "SELECT a.d + 10 * b.d + 100 * c.d + 1000 * e.d AS n FROM digits a, digits b, digits c, digits e) numbers"
)


def fill_accounts(count: int) -> list[BillingAccount]:
    """Accounts of workspaces that are not there: nothing but their pages would miss them."""
    create_in_chunks(BillingAccount(workspace_id=new_id("wrk")) for _ in range(count))
    return list(BillingAccount.objects.order_by("-pk")[:count])


def fill_prices(lists: int) -> None:
    """So many lists more, each a copy of the newest."""
    newest = PriceVersion.objects.order_by("-number")[0]
    entries = PriceEntry._meta.db_table
    names = ", ".join(field.column for field in PriceEntry._meta.fields if field.name not in ("id", "version"))
    for number in range(newest.number + 1, newest.number + 1 + lists):
        copied = {"layer": newest.layer, "number": number, "made_on": newest.made_on, "source": "filled"}
        version = PriceVersion.objects.create(models_count=newest.models_count, **copied)
        statement = (
            f"INSERT INTO {entries} (version_id, {names}) SELECT %s, {names} FROM {entries} WHERE version_id = %s"
        )
        with connection.cursor() as cursor:
            cursor.execute(statement, (version.pk, newest.pk))


def fill_usage(account: BillingAccount, *, until: date, days: int, rows_a_day: int) -> None:
    """Usage of so many days before `until` in an account that has none, with counters, rollups and the statement.

    Up to DAY_ROWS_MAX rows a day, of one statement each.
    """
    statement = _usage_statement()
    used: dict[int, int] = {}
    with connection.cursor() as cursor:
        for number in range(days):
            day = until - timedelta(days=days - number)
            month, noon = day.year * 100 + day.month, f"{day} 12:00:00"
            seq = number * rows_a_day + 1
            placed = (account.pk, f"filled-{number}-", month, day, seq, -COST * seq, noon, noon, rows_a_day)
            cursor.execute(statement, placed)
            used[month] = used.get(month, 0) + rows_a_day
    _fill_sums(account, until, days, rows_a_day)
    last = until - timedelta(days=1)
    month = last.year * 100 + last.month
    account.month, account.month_used, account.entry_seq = month, used[month] * COST, days * rows_a_day
    account.balance = -COST * account.entry_seq
    account.save()


def fill_beside(account: BillingAccount, count: int, now: datetime) -> None:
    """So many each of requests, alerts, grants, corrections of nothing, quarantined requests, messages; and processes.

    Of ten requests eight have ended, one runs past its time, and one was made by a process that is gone.
    """
    long_ago, later = now - timedelta(days=20), now + timedelta(hours=1)
    create_in_chunks(Process(host="filled", seen_at=now) for _ in range(count // 5))
    gone = Process.objects.create(host="filled", seen_at=long_ago)
    create_in_chunks(
        Reservation(
            account=account,
            request_id=f"filled-{number}",
            fingerprint="filled",
            state=(State.RELEASED if number % 10 > 1 else State.OPEN).value,
            ceiling=0,
            month=account.month,
            model="m",
            created_at=long_ago,
            expires_at=long_ago if number % 10 == 0 else later,
            ended_at=long_ago if number % 10 > 1 else None,
            process_id=gone.pk if number % 10 == 1 else None,
        )
        for number in range(count)
    )
    used = list(Usage.objects.filter(account=account).order_by("pk").values_list("pk", flat=True)[:count])
    create_in_chunks(
        AlertFiring(
            account=account,
            about="member",
            scope_id=f"usr_{number}",
            percent=50,
            period=202001,
            amount=1,
            used=1,
            at=long_ago,
            due_at=None,
        )
        for number in range(count)
    )
    create_in_chunks(
        LedgerEntry(
            account=account,
            seq=account.entry_seq + 1 + number,
            source=f"filled:{number}",
            amount=0,
            balance_after=account.balance,
            usage_id=usage_id,
        )
        for number, usage_id in enumerate(used)
    )
    account.entry_seq += len(used)
    account.save()
    mark = {"mark_seq": 0, "mark_balance": 0}
    create_in_chunks(
        PeriodicGrant(account=account, source=f"f:{n}", amount=1, left=0, ends_at=long_ago, lapsed_at=long_ago, **mark)
        for n in range(count)
    )
    create_in_chunks(
        QuarantinedRequest(account=account, request_id=f"q{number}", code="total_disagrees", at=long_ago)
        for number in range(count)
    )
    create_in_chunks(
        ReportedMessage(account=account, message=f"{number:032}", same_as=f"{number:032}", day=long_ago.date())
        for number in range(count)
    )


def _usage_statement() -> str:
    names = ", ".join(name for name, _ in _VALUES)
    values = ", ".join(_value(value) for _, value in _VALUES)
    numbers = _NUMBERS.format(others=" UNION ALL ".join(f"SELECT {digit}" for digit in range(1, 10)))
    table = Usage._meta.db_table
    return f"INSERT INTO {table} ({names}) SELECT {values} FROM {numbers} WHERE n < %s ORDER BY n"


def _value(value: str) -> str:
    value = value.format(models=MODELS, who=WHO)
    kind, _, parts = value.partition(":")
    return _TEXT[connection.vendor].format(*parts.split(",")) if kind == "TEXT" else value


def _fill_sums(account: BillingAccount, until: date, days: int, rows_a_day: int) -> None:
    requests = [len(range(who, rows_a_day, WHO)) for who in range(min(WHO, rows_a_day))]
    began = until - timedelta(days=days)
    all_days = [began + timedelta(days=number) for number in range(days)]
    create_in_chunks(
        UsageRollup(
            account=account,
            day=day,
            model=f"model-{who % MODELS}",
            key_id=f"key_{who}",
            member_id=f"usr_{who}",
            source=UsageRollup.Source.METERED,
            requests=count,
            input=count * INPUT,
            output=count * OUTPUT,
            cost=count * COST,
            charged=count * COST,
        )
        for day in all_days
        for who, count in enumerate(requests)
    )
    create_in_chunks(
        StatementDay(
            account=account,
            day=day,
            requests=rows_a_day,
            used=rows_a_day * COST,
            first_seq=number * rows_a_day + 1,
            last_seq=(number + 1) * rows_a_day,
            balance_after=-(number + 1) * rows_a_day * COST,
        )
        for number, day in enumerate(all_days)
    )
    months = [day.year * 100 + day.month for day in all_days]
    create_in_chunks(
        LimitCounter(
            account=account,
            scope=scope.value,
            scope_id=f"{prefix}_{who}",
            month=month,
            used=count * months.count(month) * COST,
        )
        for scope, prefix in ((Scope.MEMBER, "usr"), (Scope.KEY, "key"))
        for month in sorted(set(months))
        for who, count in enumerate(requests)
    )
