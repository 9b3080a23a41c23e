"""Events on their way to webhook endpoints: planned when they happen, signed when sent, tried again when refused."""

import json
from typing import Final, NamedTuple

from billing.standin.objects.webhooks import signature_of, wants
from billing.standin.sandbox import Object, Sandbox, shown
from billing.standin.service.faults import EVENT_FAULTS, fault_take

RETRY_SECONDS: Final = (2, 10, 60, 300, 1_800, 7_200)


class Post(NamedTuple):
    """A delivery that is due: what to send where."""

    delivery_id: str
    endpoint_id: str
    url: str
    body: str
    headers: dict[str, str]


def deliveries_plan(sandbox: Sandbox) -> None:
    """Plan the delivery of what has happened since the last time, with the faults that are switched on."""
    last: list[Object] = []
    planned: list[Object] = []
    for id_ in sandbox.emitted:
        event = sandbox.find("event", id_)
        if event is None:
            continue
        fault = fault_take(sandbox, EVENT_FAULTS, event["type"]) or {"fault": ""}
        copies = {"lose_events": 0, "double_events": 2}.get(fault["fault"], 1)
        (last if fault["fault"] == "reorder_events" else planned).extend([event] * copies)
        event["_delay"] = fault["seconds"] if fault["fault"] == "delay_events" else 0
    sandbox.emitted.clear()
    # Reordered events come after all others of the same act, and the later first.
    for event in [*planned, *reversed(last)]:
        _plan(sandbox, event)


def _plan(sandbox: Sandbox, event: Object) -> None:
    delay = event.get("_delay", 0)
    for endpoint in list(sandbox.every("webhook_endpoint")):
        if wants(endpoint, event["type"]):
            ids = {"event": event["id"], "endpoint": endpoint["id"]}
            due = sandbox.now + delay
            sandbox.add({"id": sandbox.new_id("dlv"), "object": "_delivery", **ids, "due": due, "attempts": 0})
            sandbox.update(event, {"pending_webhooks": event["pending_webhooks"] + 1})


def posts_due(sandbox: Sandbox, limit: int) -> list[Post]:
    """What is due now, in the order in which it is to be sent; the first for each endpoint has to be answered first."""
    due = [each for each in sandbox.records.get("_delivery", {}).values() if each["due"] <= sandbox.now]
    posts = []
    for delivery in due[:limit]:
        endpoint = sandbox.find("webhook_endpoint", delivery["endpoint"])
        event = sandbox.find("event", delivery["event"])
        if event is None or endpoint is None or endpoint.get("deleted"):
            sandbox.remove("_delivery", delivery["id"])
            continue
        body = json.dumps(shown(event), indent=2)
        signature = signature_of(endpoint, body, sandbox.now)
        headers = {"Content-Type": "application/json; charset=utf-8", "Stripe-Signature": signature}
        headers["User-Agent"] = "Stripe/1.0 (test payments)"
        posts.append(Post(delivery["id"], endpoint["id"], endpoint["url"], body, headers))
    return posts


def delivery_done(sandbox: Sandbox, delivery_id: str, *, is_taken: bool) -> None:
    """An endpoint has answered, or has not: forget the delivery or plan its next attempt."""
    delivery = sandbox.find("_delivery", delivery_id)
    if delivery is None:
        return
    event = sandbox.find("event", delivery["event"])
    attempts = delivery["attempts"] + 1
    if is_taken or attempts > len(RETRY_SECONDS):
        sandbox.remove("_delivery", delivery_id)
        if is_taken and event is not None:
            sandbox.update(event, {"pending_webhooks": max(0, event["pending_webhooks"] - 1)})
        return
    sandbox.update(delivery, {"attempts": attempts, "due": sandbox.now + RETRY_SECONDS[attempts - 1]})


def next_due(sandbox: Sandbox) -> int | None:
    """When the next delivery is due, in the sandbox's time."""
    return min((each["due"] for each in sandbox.records.get("_delivery", {}).values()), default=None)
