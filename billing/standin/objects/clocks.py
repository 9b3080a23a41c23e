"""Test clocks: the time of the customers that are tied to one stands still until it is advanced."""

from billing.standin.objects.changes import deletion
from billing.standin.sandbox import Object, Sandbox, invalid


def clock_create(sandbox: Sandbox, given: Object) -> Object:
    clock: Object = {
        "id": sandbox.new_id("clock"),
        "object": "test_helpers.test_clock",
        "created": sandbox.now,
        "deletes_after": sandbox.now + 30 * 86_400,
        "frozen_time": given["frozen_time"],
        "livemode": False,
        "name": given.get("name"),
        "status": "ready",
        "status_details": {},
    }
    sandbox.add(clock)
    sandbox.emit("test_helpers.test_clock.created", clock)
    return clock


def clock_delete(sandbox: Sandbox, given: Object, id_: str) -> Object:
    clock = sandbox.get("test_helpers.test_clock", id_)
    for task in list(sandbox.records.get("_task", {}).values()):
        if task["clock"] == id_:
            sandbox.remove("_task", task["id"])
    for customer in sandbox.every("customer"):
        if customer["test_clock"] == id_:
            deletion(sandbox, customer, None)
    return deletion(sandbox, clock, "test_helpers.test_clock.deleted")


def clock_check(clock: Object, frozen_time: int) -> None:
    if frozen_time <= clock["frozen_time"]:
        raise invalid("The frozen time can only be moved forward.", param="frozen_time")
