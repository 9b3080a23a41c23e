"""A session with a made-up secret in every place where agents put text, each a different one."""

import random
import string
from typing import Any

from sync.protocol.updates import Update

_PICK = random.Random(14)


def canary() -> str:
    """A made-up GitHub token, put together here so that no scanner takes it for a real one."""
    return "gh" + "p_" + "".join(_PICK.choices(string.ascii_letters + string.digits, k=36))


CREATED = 1_795_340_283_445
PLACES = (
    "title",
    "info_nested",
    "info_name",
    "prompt",
    "text",
    "reasoning",
    "input",
    "input_nested",
    "input_name",
    "output",
    "tool_title",
    "metadata",
    "tool_error",
    "message_error",
    "summary",
    "system",
    "file_name",
    "file_path",
    "diff_file",
    "diff_before",
    "diff_after",
    "patch",
    "model_name",
    "subtask",
    "unknown_kind",
    "unknown_part",
    "retry",
    "agent_version",
)
CANARIES = {place: canary() for place in PLACES}


def contents(session: str) -> dict[str, Any]:
    """The entries by key; `session` is the client's id of it."""
    c = CANARIES
    times = {"created": CREATED, "completed": CREATED + 10, "start": CREATED, "end": CREATED + 5}
    state = {
        "status": "completed",
        "title": f"run {c['tool_title']}",
        "input": {"command": f"echo {c['input']}", "list": [{"deep": [f"-H {c['input_nested']}"]}], c["input_name"]: 1},
        "output": f"line\nkey: {c['output']}\n",
        "metadata": {"output": f"\n{c['metadata']}", "exit": 0},
        "time": times,
    }
    diff = {
        "file": f"config/{c['diff_file']}.env",
        "before": f"K={c['diff_before']}\n",
        "after": f"K={c['diff_after']}\n",
    }
    parts: dict[str, Any] = {
        "prt_01": {"type": "text", "text": f"My key is {c['prompt']}, use it."},
        "prt_02": {"type": "text", "text": f"```\nexport K={c['text']}\n```\n", "time": times},
        "prt_03": {"type": "reasoning", "text": f"They gave me {c['reasoning']}", "time": times},
        "prt_04": {"type": "tool", "tool": "bash", "callID": "c1", "state": state},
        "prt_05": {
            "type": "tool",
            "tool": "webfetch",
            "callID": "c2",
            "state": {"status": "error", "input": {}, "error": f"refused {c['tool_error']}", "time": times},
        },
        "prt_06": {
            "type": "file",
            "mime": "text/plain",
            "filename": f"{c['file_name']}.txt",
            "url": "file:///a",
            "source": {"path": f"/home/{c['file_path']}", "text": {"value": "x"}},
        },
        "prt_07": {"type": "patch", "hash": "abc", "files": [f"/src/{c['patch']}"]},
        "prt_08": {"type": "subtask", "description": f"look {c['subtask']}", "prompt": "p", "agent": "general"},
        "prt_09": {"type": "novelty", "anything": {"inside": [f"x {c['unknown_part']}"]}},
        "prt_11": {
            "type": "tool",
            "tool": "edit",
            "callID": "c3",
            "state": {
                "status": "completed",
                "input": {
                    "filePath": f"/home/{c['file_path']}.py",
                    "oldString": "x",
                    "newString": f"k = '{c['input']}'",
                },
                "time": times,
            },
        },
        "prt_10": {"type": "retry", "attempt": 1, "error": {"name": "E", "data": {"message": f"m {c['retry']}"}}},
    }
    user = {
        "id": "msg_1",
        "role": "user",
        "time": {"created": CREATED},
        "summary": {"title": f"About {c['summary']}", "diffs": []},
        "system": f"You know {c['system']}",
    }
    assistant = {
        "id": "msg_2",
        "role": "assistant",
        "providerID": "gw",
        "modelID": "fake-1",
        "time": {"created": CREATED + 1, "completed": CREATED + 9},
        "error": {"name": "APIError", "data": {"message": f"bad key {c['message_error']}"}},
    }
    found: dict[str, Any] = {
        f"session/info/{session}": {
            "id": session,
            # The session's row keeps the first 300 characters of it, which cuts the secret in two.
            "title": "Fix " + "this " * 55 + c["title"],
            "version": f"9 {c['agent_version']}",
            "time": {"created": CREATED, "updated": CREATED},
            "revert": {"note": c["info_nested"], c["info_name"]: True},
        },
        f"session/message/{session}/msg_1": user,
        f"session/message/{session}/msg_2": assistant,
        f"session/part/{session}/msg_1/prt_01": {"id": "prt_01", **parts.pop("prt_01")},
        f"session/diff/{session}": [{**diff, "additions": 1, "deletions": 1}],
        f"session/model/{session}": [{"id": "fake-1", "providerID": "gw", "name": f"Fake {c['model_name']}"}],
        f"session/note/{session}/n1": {"note": f"see {c['unknown_kind']}"},
    }
    return found | {f"session/part/{session}/msg_2/{name}": {"id": name, **part} for name, part in parts.items()}


def updates(session: str, encode: Any) -> list[Update]:
    return [Update(key, encode(content)) for key, content in contents(session).items()]


def found_in(text: str, *, shortest: int = 12) -> set[str]:
    """The places whose secret, or a piece of it of `shortest` characters, is in the text."""
    return {place for place, secret in CANARIES.items() if any(piece in text for piece in _pieces(secret, shortest))}


def _pieces(secret: str, size: int) -> list[str]:
    body = secret[4:]
    return [body[start : start + size] for start in range(0, len(body) - size + 1)]
