"""Converts messages of agents 0.1.x, which hold their parts and metadata inside, to today's shape."""

from typing import Any, Final

from sync.protocol.untrusted import at, dict_at, list_at, text_at

_STATES: Final = {"call": "running", "partial-call": "pending", "result": "completed"}


def modern_message(data: Any) -> dict[str, Any]:
    """The message in today's shape; its inner parts, when it has any, are under `parts`."""
    if not isinstance(data, dict):
        return {}
    metadata = dict_at(data, "metadata")
    if not metadata:
        return data
    assistant = dict_at(metadata, "assistant")
    message = {**assistant, **{name: metadata[name] for name in ("time", "error") if name in metadata}, **data}
    message["parts"] = [modern_part(part, metadata) for part in list_at(data, "parts")]
    return message


def modern_part(part: Any, metadata: dict[str, Any]) -> Any:
    kind = text_at(part, "type")
    if kind == "tool-invocation":
        return _tool(dict_at(part, "toolInvocation"), metadata)
    if kind == "file" and at(part, "mime") is None:
        return {**part, "mime": text_at(part, "mediaType")}
    return part


def _tool(call: dict[str, Any], metadata: dict[str, Any]) -> dict[str, Any]:
    call_id = text_at(call, "toolCallId")
    notes = dict_at(metadata, "tool", call_id)
    status = _STATES.get(text_at(call, "state"), "completed")
    return {
        "type": "tool",
        "tool": text_at(call, "toolName"),
        "callID": call_id,
        "state": {
            "status": "error" if notes.get("error") is True else status,
            "input": at(call, "args"),
            "output": at(call, "result"),
            "error": text_at(notes, "message"),
            "title": text_at(notes, "title"),
            "time": dict_at(notes, "time"),
            "metadata": notes,
        },
    }
