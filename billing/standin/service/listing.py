"""Lists: newest first, by cursors, filtered by what a list's parameters name; and `expand`."""

from collections.abc import Callable, Iterable
from fnmatch import fnmatchcase
from typing import Any, Final

from billing.standin.sandbox import Object, Sandbox, invalid

LIMIT: Final = 10
MOST: Final = 100
TIMES: Final = ("created", "date", "due_date", "current_period_end", "current_period_start")
PAGING: Final = ("limit", "starting_after", "ending_before", "expand")
COMPARE: Final[dict[str, Callable[[int, int], bool]]] = {
    "gt": lambda value, bound: value > bound,
    "gte": lambda value, bound: value >= bound,
    "lt": lambda value, bound: value < bound,
    "lte": lambda value, bound: value <= bound,
}


def page(records: Iterable[Object], given: Object, url: str, kind: str) -> Object:
    """One page of a list. Refuses a cursor that is not in it and a limit outside of 1 to 100."""
    limit = given.get("limit", LIMIT)
    if not 1 <= limit <= MOST:
        raise invalid(f"This value must be between 1 and {MOST}.", param="limit", code="parameter_invalid_integer")
    filters = {name: value for name, value in given.items() if name not in PAGING}
    found = [record for record in records if all(_fits(record, name, value) for name, value in filters.items())]
    if "ending_before" in given:
        newer = found[: _position(found, given["ending_before"], "ending_before", kind)]
        shown, has_more = newer[-limit:], len(newer) > limit
    else:
        start = (
            _position(found, given["starting_after"], "starting_after", kind) + 1 if "starting_after" in given else 0
        )
        shown, has_more = found[start : start + limit], len(found) > start + limit
    return {"object": "list", "data": shown, "has_more": has_more, "url": url}


def _position(found: list[Object], id_: str, param: str, kind: str) -> int:
    for index, record in enumerate(found):
        if record["id"] == id_:
            return index
    raise invalid(f"No such {kind}: '{id_}'", param=param, code="resource_missing")


def _fits(record: Object, name: str, wanted: Any) -> bool:
    if name in TIMES:
        bounds = wanted if isinstance(wanted, dict) else {"gte": wanted, "lte": wanted}
        return all(COMPARE[each](int(record.get(name) or 0), bound) for each, bound in bounds.items())
    if special := FILTERS.get(name):
        return special(record, wanted)
    value = record.get(name)
    return bool((value.get("id") if isinstance(value, dict) else value) == wanted)


def _status(record: Object, wanted: str) -> bool:
    if wanted == "ended":
        return record["status"] in ("canceled", "incomplete_expired")
    return wanted == "all" or record["status"] == wanted


FILTERS: Final[dict[str, Callable[[Object, Any], bool]]] = {
    "status": _status,
    "type": lambda record, wanted: fnmatchcase(record["type"], wanted.replace("[", "[[]")),
    "types": lambda record, wanted: record["type"] in wanted,
    "ids": lambda record, wanted: record["id"] in wanted,
    "lookup_keys": lambda record, wanted: record["lookup_key"] in wanted,
    "pending": lambda record, wanted: (record["invoice"] is None) == wanted,
    "coupon": lambda record, wanted: record["promotion"]["coupon"] == wanted,
    "delivery_success": lambda record, wanted: (record["pending_webhooks"] == 0) == wanted,
    "payment": lambda record, wanted: record["payment"]["payment_intent"] == wanted.get("payment_intent"),
    "price": lambda record, wanted: any(item["price"]["id"] == wanted for item in record["items"]["data"]),
    "customer_details": lambda record, wanted: (record["customer_details"] or {}).get("email") == wanted["email"],
    "subscription": lambda record, wanted: _subscription(record) == wanted,
    "is_default": lambda record, wanted: record["is_default"] == wanted,
}


def _subscription(record: Object) -> Any:
    details = (record.get("parent") or {}).get("subscription_details") or {}
    return record.get("subscription") or details.get("subscription")


def unended(sandbox: Sandbox, given: Object) -> Iterable[Object]:
    """Subscriptions; without a status in the request, those that have not ended."""
    every = sandbox.every("subscription")
    return every if "status" in given else (each for each in every if each["status"] != "canceled")
