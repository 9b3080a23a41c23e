"""docs/protocol.md says what the code does: every frame, field, code and limit."""

import ast
import re
from pathlib import Path

import pytest

from sync.live.hub.board import PresenceBoard
from sync.protocol import frames, requests
from sync.protocol.closing import CloseCode
from sync.protocol.positions import Position

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = (ROOT / "docs" / "protocol.md").read_text()
SERVER_FRAMES = [
    frames.welcome_text("s", Position("e", 1), "viewer", {}, 4),
    frames.snapshot_text(Position("e", 1), [], more=False),
    frames.updates_head("e", 1, 2) + frames.UPDATES_TAIL,
    frames.ack_text("a", "e", 1, 1),
    frames.heartbeat_text(Position("e", 1)),
    frames.error_text("c", "m", "a"),
    frames.bye_text("restart", 1),
    PresenceBoard().text(with_names=True),
]


@pytest.mark.parametrize("text", SERVER_FRAMES)
def test_frame_and_its_fields_are_documented(text: str) -> None:
    names = re.findall(r'"(\w+)":', text)
    kind = re.match(r'\{"type":"(\w+)"', text)
    assert kind is not None
    row = next(line for line in DOCUMENT.splitlines() if line.startswith(f"| `{kind[1]}` |"))
    missing = [name for name in names if name not in {"type"} and f"`{name}`" not in row]
    assert not missing


def test_close_codes_are_documented() -> None:
    documented = {int(code) for code in re.findall(r"^\| (\d{4}) \|", DOCUMENT, re.M)}
    assert documented == {int(code) for code in CloseCode} - {1000}


def test_refusals_of_frames_are_documented() -> None:
    codes = set()
    for path in (ROOT / "sync").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "FrameRefused":
                codes |= {node.args[0].value} if isinstance(node.args[0], ast.Constant) else set()
    assert len(codes) >= 7
    assert not [code for code in codes if f"`{code}`" not in DOCUMENT]


def test_numbers_are_those_of_the_code() -> None:
    assert f"1 to {requests.PUBLISH_UPDATES:,}" in DOCUMENT
    assert "1 to 64 characters" in DOCUMENT
    assert requests.OPERATION_ID.pattern.endswith("{1,64}")
    assert "Up to 256 publishes" in DOCUMENT
    assert f"at most {requests.PRESENCE_BYTES:,} bytes" in DOCUMENT
