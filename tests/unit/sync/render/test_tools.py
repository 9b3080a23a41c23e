"""What the tools of real agents look like: loud failures, questions, diagnostics, patches; no raw JSON, no noise."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.render.parts import part_body
from tests.contract.recordings import TOOLS, recorded_parts
from tests.unit.sync.transcript.entries import dangers, text_of, tool
from tests.unit.sync.transcript.test_document import JSON

KEY = "session/part/ses_1/msg_1/prt_1"
QUESTIONS = [
    {
        "question": "Which database?",
        "header": "Database",
        "options": [{"label": "SQLite", "description": "One file."}, {"label": "MariaDB", "description": "A server."}],
    },
    {"question": "What else?", "multiple": True, "options": [{"label": "Docs"}, {"label": "Tests"}]},
]


def words(data: Any) -> str:
    return " ".join(text_of(part_body(data, KEY)).split())


def recorded(name: str, number: int = 0) -> dict[str, Any]:
    """The `number`th call of a tool in the recording."""
    return [part for part in recorded_parts(TOOLS) if part.get("tool") == name][number]


@pytest.mark.parametrize(
    ("name", "number", "said"),
    [
        ("bash", 0, "exit 1"),
        ("bash", 1, "exit 3"),
        ("bash", 2, "timed out"),
        ("bash", 3, "refused"),
        ("bash", 5, "aborted"),
        ("edit", 1, "failed"),
        ("invalid", 0, "invalid call"),
    ],
)
def test_a_failure_is_red_and_open_and_says_how(name: str, number: int, said: str) -> None:
    html = part_body(recorded(name, number), KEY)
    assert html.startswith('<details class="tool tool-failed" data-fold="failed" open>')
    assert f'<span class="tool-status">{said}</span>' in html


def test_a_call_that_went_well_is_folded() -> None:
    html = part_body(tool("bash", {"command": "make"}, output="ok", metadata={"exit": 0}), KEY)
    assert html.startswith('<details class="tool tool-completed" data-fold="tool">')


def test_the_last_lines_of_a_failed_test_run_are_in_the_page() -> None:
    assert words(recorded("bash", 1)).endswith("1 failed, 900 passed in 4.21s")


def test_why_a_command_was_ended_stands_below_its_output() -> None:
    html = part_body(recorded("bash", 5), KEY)
    assert '<p class="output-note">User aborted the command</p>' in html
    assert "shell_metadata" not in html


def test_a_question_shows_its_options_and_what_was_chosen() -> None:
    data = tool(
        "question", {"questions": QUESTIONS}, output="…", metadata={"answers": [["MariaDB"], ["Docs", "Tests"]]}
    )
    assert words(data) == (
        "question Database completed Which database? SQLite One file. MariaDB chosen A server. "
        "What else? Docs chosen Tests chosen"
    )


def test_an_answer_of_ones_own_and_a_question_left_open_are_shown() -> None:
    data = tool("question", {"questions": QUESTIONS}, output="…", metadata={"answers": [["Postgres"], []]})
    assert words(data).endswith("A server. Answer: Postgres What else? Docs Tests Left unanswered.")


def test_a_question_that_waits_says_so() -> None:
    assert words(tool("question", {"questions": QUESTIONS}, "running")).endswith(
        "Not answered yet. What else? Docs Tests Not answered yet. Several may be chosen."
    )
    assert "Not answered yet" not in words(recorded("question", 2))


def test_an_edit_says_what_the_language_server_found() -> None:
    data = recorded("edit")
    assert '<span class="tool-problems">1 error</span>' in part_body(data, KEY)
    assert words(data).endswith(
        'error parser.py:6:12 "undefined_name" is not defined checker warning parser.py:1:1 Import "os" is not '
        "accessed checker hint parser.py:5:7 A task is left open here checker"
    )


def test_errors_in_other_files_are_folded() -> None:
    html = part_body(recorded("write"), KEY)
    assert "<summary>1 error in other files</summary>" in html
    assert html.count('<span class="badge bad">error</span>') == 2


def test_a_patch_is_shown_file_by_file_without_noise() -> None:
    html = part_body(recorded("apply_patch"), KEY)
    assert html.count("code-diff") == 3
    assert "csvlines.py, parser.py, old.py" in html
    assert "Index:" not in html
    assert "=====" not in html
    assert "Success. Updated" not in html


@pytest.mark.parametrize("number", range(2))
def test_an_edits_diff_has_no_noise(number: int) -> None:
    html = part_body(recorded(("edit", "write")[number]), KEY)
    assert "Index:" not in html
    assert "=====" not in html
    assert "LSP errors" not in html


def test_what_was_read_is_shown_without_its_wrapping() -> None:
    assert words(recorded("read")).endswith("/parser.py import os def parse(text): return text.split(',')")
    assert "<entries>" not in text_of(part_body(recorded("read", 1)))


def test_a_task_shows_its_order_and_its_answer() -> None:
    data = recorded("task")
    assert words(data).endswith("Agent: explore Find all parsers. Done. Everything that could be done is done.")
    assert "task_result" not in part_body(data)


def test_no_tool_of_the_real_agent_is_shown_as_raw_json() -> None:
    shown = [words(part) for part in recorded_parts(TOOLS) if part["type"] == "tool" and part["tool"] != "lsp"]
    assert len(shown) == 23
    assert not any('{ "' in text for text in shown)


NOTES = st.fixed_dictionaries(
    {}, optional=dict.fromkeys(("diagnostics", "files", "answers", "todos", "display", "exit", "diff"), JSON)
)
NAMES = ("question", "edit", "write", "apply_patch", "read", "task", "todowrite", "bash", "invalid", "other")


@given(st.sampled_from(NAMES), JSON, NOTES, JSON)
def test_no_call_is_too_odd_to_be_shown(name: str, given: Any, notes: Any, output: Any) -> None:
    html = part_body(
        {"type": "tool", "tool": name, "state": {"input": given, "metadata": notes, "output": output}}, KEY
    )
    assert dangers(html) == []
