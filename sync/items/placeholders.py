"""Placeholders for items too large to keep: their ids, what they were, and how large."""

from typing import Any, Final

from sync.protocol.jsontext import encode

FIELD_BYTES: Final = 4096
LIST_ITEMS: Final = 1000
# Without these a message or session could not be read as one, so those of them that are small are kept.
_INFO_FIELDS: Final = ("slug", "projectID", "directory", "parentID", "version", "agent", "model", "cost", "tokens")
_MESSAGE_FIELDS: Final = (
    "sessionID", "role", "parentID", "agent", "mode", "modelID", "providerID", "model", "path", "cost", "tokens",
    "finish", "metadata", "system",
)  # fmt: skip


def placeholder_of(kind: str, data: Any, size: int) -> Any:
    """A small value of the same kind for `data`, which took `size` bytes; `truncated` marks it."""
    note = f"[item of {size} bytes not kept: larger than this server takes]"
    if kind == "part":
        return _part(data, note)
    if kind == "info":
        return {"title": "", **_small(data, ("id", "title", "time", *_INFO_FIELDS)), "truncated": True}
    if kind == "message":
        return {**_small(data, ("id", "time", *_MESSAGE_FIELDS)), "truncated": True}
    if kind == "diff":
        return [_file_diff(file) for file in data[:LIST_ITEMS] if isinstance(file, dict)]
    if kind == "model":
        return [{**_small(model, ("id", "providerID", "name")), "truncated": True} for model in data[:LIST_ITEMS]]
    return {**_small(data, ("id",)), "text": note, "truncated": True}


def _part(data: dict[str, Any], note: str) -> dict[str, Any]:
    names = _small(data, ("type", "tool", "filename", "mime"))
    what = " ".join(str(value) for value in names.values())
    # Every reader can show a text part, even the agent when it imports the session.
    return {
        **_small(data, ("id", "sessionID", "messageID", "time")),
        "type": "text",
        "text": f"{note} ({what})" if what else note,
        "truncated": True,
    }


def _file_diff(file: dict[str, Any]) -> dict[str, Any]:
    kept = _small(file, ("file", "additions", "deletions", "status"))
    return {"additions": 0, "deletions": 0, **kept, "patch": "", "truncated": True}


def _small(data: Any, names: tuple[str, ...]) -> dict[str, Any]:
    if not isinstance(data, dict):
        return {}
    return {name: data[name] for name in names if name in data and len(encode(data[name])) <= FIELD_BYTES}
