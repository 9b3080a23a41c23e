"""Time: the sandbox's own or that of a customer's test clock, months that keep their day, and what is due later."""

import calendar
from datetime import UTC, datetime, timedelta

from billing.standin.sandbox import Object, Sandbox


def time_of(sandbox: Sandbox, customer_id: str | None) -> int:
    """Now, for whatever belongs to this customer."""
    clock = clock_of(sandbox, customer_id)
    return int(clock["frozen_time"]) if clock else sandbox.now


def clock_of(sandbox: Sandbox, customer_id: str | None) -> Object | None:
    customer = sandbox.find("customer", customer_id or "") or {}
    return sandbox.find("test_helpers.test_clock", customer.get("test_clock") or "")


def period_end(anchor: int, start: int, interval: str, count: int) -> int:
    """The end of the period that begins at `start`: the anchor's day of the month, or the month's last."""
    if interval in ("day", "week"):
        return start + count * (86_400 if interval == "day" else 7 * 86_400)
    origin, began = datetime.fromtimestamp(anchor, UTC), datetime.fromtimestamp(start, UTC)
    months = began.year * 12 + began.month - 1 + count * (12 if interval == "year" else 1)
    year, month = divmod(months, 12)
    day = min(origin.day, calendar.monthrange(year, month + 1)[1])
    return int(origin.replace(year=year, month=month + 1, day=day).timestamp())


def later(sandbox: Sandbox, what: str, about: str, seconds: int, customer_id: str | None = None) -> None:
    """Note that `what` is to be done about an object, so many seconds from now."""
    at(sandbox, what, about, time_of(sandbox, customer_id) + seconds, customer_id)


def at(sandbox: Sandbox, what: str, about: str, due: int, customer_id: str | None = None) -> None:
    clock = clock_of(sandbox, customer_id)
    task = {"id": sandbox.new_id("_task"), "object": "_task", "what": what, "about": about, "due": due}
    sandbox.add({**task, "clock": clock["id"] if clock else None})


def due_tasks(sandbox: Sandbox, clock_id: str | None, until: int) -> list[Object]:
    """What is due by then, earliest first."""
    tasks = [task for task in sandbox.records.get("_task", {}).values() if task["clock"] == clock_id]
    return sorted((task for task in tasks if task["due"] <= until), key=lambda task: int(task["due"]))


def date_text(seconds: int) -> str:
    moment = datetime.fromtimestamp(seconds, UTC)
    return f"{moment.day} {moment:%b %Y}"


def years_from(seconds: int, years: int) -> int:
    return int((datetime.fromtimestamp(seconds, UTC) + timedelta(days=365 * years)).year)
