"""What most kinds have in common: fields that may be set, metadata, deletion, lists of objects inside objects."""

from collections.abc import Iterable
from typing import Any

from billing.standin.sandbox import Object, Sandbox


def merged_metadata(present: Object | None, given: Any) -> Object:
    """Metadata after an update: an empty value removes a key, an empty text all of them."""
    if given == "":
        return {}
    merged = {**(present or {}), **(given or {})}
    return {name: value for name, value in merged.items() if value != ""}


def settled(given: Object, present: Object, names: Iterable[str]) -> Object:
    """Those of `names` that were sent, as changes; an empty text is null. Metadata is merged."""
    changes = {name: None if given[name] == "" else given[name] for name in names if name in given}
    if "metadata" in given:
        changes["metadata"] = merged_metadata(present.get("metadata"), given["metadata"])
    return changes


def deletion(sandbox: Sandbox, record: Object, event: str | None) -> Object:
    """Delete: the event shows the object as it was, what is left says only that it is deleted."""
    if event is not None:
        sandbox.emit(event, record)
    left = {"id": record["id"], "object": record["object"], "deleted": True}
    record.clear()
    record |= left
    return sandbox.save(record)


def list_of(records: list[Object], url: str) -> Object:
    """A list inside an object."""
    return {"object": "list", "data": records, "has_more": False, "url": url}


def address_of(given: Object | None) -> Object | None:
    if not given:
        return None
    return {name: given.get(name) or None for name in ("city", "country", "line1", "line2", "postal_code", "state")}
