"""The recordings in tests/contract/data: what real agents sent, one JSON object a line."""

import json
from pathlib import Path
from typing import Any

DATA = Path(__file__).parent / "data"
TOOLS = "share_1.18.33_tools.jsonl"
"""Every tool the agent has: commands that failed, were refused, ended or aborted, questions, diagnostics, patches."""
NEWER = ["share_1.18.33.jsonl", "share_1.14.34_with_diffs.jsonl", "share_1.18.33_reordered.jsonl"]
OLDER = "share_1.0.61_older_protocol.jsonl"
LOGIN = "console_login_1.18.33.jsonl"


def requests_of(name: str) -> list[dict[str, Any]]:
    """The recorded requests that arrived whole, in the order they were answered."""
    with (DATA / name).open() as lines:
        return [line for line in map(json.loads, lines) if line["status"] is not None]


def batches_of(name: str) -> list[list[dict[str, Any]]]:
    """The item lists of a newer recording's syncs."""
    return [request["body"]["data"] for request in requests_of(name) if request["path"].endswith("/sync")]


def session_id_of(name: str) -> str:
    return next(request["body"]["sessionID"] for request in requests_of(name) if "sessionID" in (request["body"] or {}))


def recorded_parts(name: str) -> list[dict[str, Any]]:
    """The newest value of each part of a newer recording, by id."""
    items = [item["data"] for batch in batches_of(name) for item in batch if item["type"] == "part"]
    return [part for _, part in sorted({part["id"]: part for part in items}.items())]
