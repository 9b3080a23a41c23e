"""How the console logs: structlog, events that machines find by name, what varies as fields."""

import ast
import re
from collections.abc import Iterator

import pytest

from tests.support.source import product_trees

LEVELS = ("debug", "info", "warning", "error", "exception", "critical", "log")
LOGGING = {f"{logger}.{level}" for logger in ("log", "_log", "logger", "logging") for level in LEVELS}
EVENT = re.compile(r"[a-z]+(?:_[a-z]+)+")


def log_calls() -> Iterator[tuple[str, ast.Call]]:
    """Each call of a logger, as `file:line` and the call."""
    for path, tree in product_trees():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in LOGGING:
                yield f"{path}:{node.lineno}", node


def faults_of(call: ast.Call) -> list[str]:
    """What is wrong with a call: its event's name, arguments to format, fields packed into `extra`."""
    names = call.args[1:] if call.func.attr == "log" else call.args  # type: ignore[attr-defined]
    first = names[0].value if names and isinstance(names[0], ast.Constant) else ""
    return [
        *(["no snake_case event"] if not EVENT.fullmatch(str(first)) else []),
        *(["arguments to format"] if len(names) > 1 else []),
        *(["fields in extra"] if any(keyword.arg == "extra" for keyword in call.keywords) else []),
    ]


def test_every_log_call_is_a_snake_case_event_with_fields() -> None:
    found = list(log_calls())
    assert len(found) > 60
    assert [(place, fault) for place, call in found for fault in faults_of(call)] == []


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        ("log.info('session_restored', session=1)", []),
        ("log.log(level, 'agent_request', ms=2)", []),
        ("log.info('session restored')", ["no snake_case event"]),
        ("log.info(f'{name}_started')", ["no snake_case event"]),
        ("log.info('keys_unwritten %s', 3)", ["no snake_case event", "arguments to format"]),
        ("log.info('key_usage', 3)", ["arguments to format"]),
        ("log.info('key_usage', extra={'keys': 3})", ["fields in extra"]),
    ],
)
def test_other_styles_are_found(text: str, faults: list[str]) -> None:
    call = ast.parse(text, mode="eval").body
    assert isinstance(call, ast.Call)
    assert faults_of(call) == faults


def test_there_is_one_kind_of_logger() -> None:
    made = [
        (path, ast.unparse(node))
        for path, tree in product_trees()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func).lower().endswith(("getlogger", "get_logger"))
    ]
    assert {call for _, call in made} == {"structlog.get_logger(__name__)"}, made
