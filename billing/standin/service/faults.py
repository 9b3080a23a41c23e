"""Fault switches: what may go wrong between a console and Stripe, for the next so many requests or events."""

from fnmatch import fnmatchcase
from typing import Final

from billing.standin.sandbox import Object, Sandbox, invalid

# Of requests: without the work, or after it. Of events: on their way to the webhook endpoints.
REQUEST_FAULTS: Final = ("error_before", "error_after", "time_out_before", "time_out_after", "rate_limit")
EVENT_FAULTS: Final = ("lose_events", "double_events", "delay_events", "reorder_events")
TIMES: Final = 1_000
SWITCHES: Final = 50
SECONDS: Final = 3_600


def fault_switch(sandbox: Sandbox, given: Object) -> Object:
    """Switch a fault on: `{"fault", "times", "match", "seconds"}`.

    `match` is a pattern for `POST /v1/refunds` or an event's type; `seconds` how long delayed events are held.
    """
    fault, times, seconds = given.get("fault"), given.get("times", 1), given.get("seconds", 5)
    if fault not in REQUEST_FAULTS + EVENT_FAULTS:
        raise invalid(f"Invalid fault: must be one of {', '.join(REQUEST_FAULTS + EVENT_FAULTS)}", param="fault")
    for name, value, most in (("times", times, TIMES), ("seconds", seconds, SECONDS)):
        if not isinstance(value, int) or not 1 <= value <= most:
            raise invalid(f"Invalid {name}: must be an integer from 1 to {most}", param=name)
    if len(sandbox.records.get("_fault", {})) >= SWITCHES:
        raise invalid(f"There are {SWITCHES} faults switched on already.")
    match = str(given.get("match", "*"))[:200]
    record = {"id": sandbox.new_id("fault"), "object": "_fault", "fault": fault, "times": times}
    return sandbox.add({**record, "match": match, "seconds": seconds})


def fault_take(sandbox: Sandbox, faults: tuple[str, ...], subject: str) -> Object | None:
    """The first switched-on fault for this request or event; one of its times is used up."""
    for record in list(sandbox.records.get("_fault", {}).values()):
        if record["fault"] in faults and fnmatchcase(subject, record["match"]):
            taken = dict(record)
            if record["times"] == 1:
                sandbox.remove("_fault", record["id"])
            else:
                sandbox.update(record, {"times": record["times"] - 1})
            return taken
    return None


def faults_clear(sandbox: Sandbox) -> int:
    """Switch all of them off; how many there were."""
    records = list(sandbox.records.get("_fault", {}))
    for id_ in records:
        sandbox.remove("_fault", id_)
    return len(records)
