"""`expand`: ids become the objects they name, and parts that are left out otherwise appear."""

from collections.abc import Callable
from typing import Any, Final

from billing.standin.objects.changes import list_of
from billing.standin.objects.checkoutlines import session_lines
from billing.standin.sandbox import Object, Sandbox, invalid, shown

DEPTH: Final = 4


def expand(sandbox: Sandbox, answer: Object, paths: list[str]) -> Object:
    """A copy of an answer, expanded. Refuses paths that lead nowhere and those of more than four steps."""
    opened = shown_with_kind(answer)
    for path in paths:
        steps = path.split(".")
        if len(steps) > DEPTH:
            raise invalid("You can only expand 4 levels of a property.", param="expand")
        opened = _along(sandbox, opened, steps, path)
    return opened


def shown_with_kind(answer: Object) -> Object:
    copy: Object = shown(answer)
    return copy


def _along(sandbox: Sandbox, value: Any, steps: list[str], path: str) -> Any:
    if isinstance(value, list):
        return [_along(sandbox, each, steps, path) for each in value]
    if isinstance(value, str):
        record = sandbox.anything(value)
        if record is None:
            raise _nowhere(path)
        value = shown(record)
    if not steps or value is None:
        return value
    step, *rest = steps
    if not isinstance(value, dict):
        raise _nowhere(path)
    if step not in value:
        value[step] = _included(sandbox, value, step, path)
    if not rest and isinstance(value[step], dict):
        return value
    value[step] = _along(sandbox, value[step], rest, path)
    return value


def _included(sandbox: Sandbox, value: Object, step: str, path: str) -> Any:
    make = INCLUDED.get((value.get("object", ""), step))
    if make is None:
        raise _nowhere(path)
    return shown(make(sandbox, value))


def _nowhere(path: str) -> Exception:
    return invalid(f"This property cannot be expanded ({path}).", param="expand")


def _those(kind: str, field: str, url: str) -> Callable[[Sandbox, Object], Object]:
    def listed(sandbox: Sandbox, owner: Object) -> Object:
        found = [each for each in sandbox.every(kind) if each[field] == owner["id"]]
        return list_of(found[:10], url.format(owner["id"])) | {"has_more": len(found) > 10}

    return listed


def _lines(sandbox: Sandbox, owner: Object) -> Object:
    session = sandbox.get("checkout.session", owner["id"])
    return list_of(session_lines(sandbox, session), f"/v1/checkout/sessions/{owner['id']}/line_items")


def _tax(sandbox: Sandbox, owner: Object) -> Object:
    return {"automatic_tax": "supported", "ip_address": None, "location": None, "provider": "stripe"}


INCLUDED: Final[dict[tuple[str, str], Callable[[Sandbox, Object], Object]]] = {
    ("checkout.session", "line_items"): _lines,
    ("customer", "tax_ids"): _those("tax_id", "customer", "/v1/customers/{}/tax_ids"),
    ("customer", "subscriptions"): _those("subscription", "customer", "/v1/customers/{}/subscriptions"),
    ("customer", "tax"): _tax,
    ("charge", "refunds"): _those("refund", "charge", "/v1/charges/{}/refunds"),
    ("invoice", "payments"): _those("invoice_payment", "invoice", "/v1/invoice_payments?invoice={}"),
}
