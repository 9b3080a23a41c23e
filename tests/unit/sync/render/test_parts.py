"""Every kind of part, and what each must not let through."""

import base64
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.render.parts import part_body
from tests.unit.sync.transcript.entries import dangers, text_of, tool
from tests.unit.sync.transcript.test_document import JSON

PNG = "data:image/png;base64," + base64.b64encode(b"\x89PNG\r\n\x1a\n" + bytes(40)).decode()
EVIL = "\"><script>alert(1)</script><img src=x onerror='alert(1)'>"


def words(data: Any) -> str:
    """The text of a part's HTML, with its spaces folded."""
    return " ".join(text_of(part_body(data)).split())


def test_text_is_markdown() -> None:
    assert "<strong>bold</strong>" in part_body({"type": "text", "text": "**bold**"})


@pytest.mark.parametrize(
    "data",
    [
        {"type": "text", "text": ""},
        {"type": "text", "text": " \n"},
        {"type": "reasoning", "text": ""},
        {"type": "step-start", "snapshot": "abc"},
        {"type": "snapshot", "snapshot": "abc"},
        {"type": "step-finish", "reason": "stop"},
        {"type": "patch", "hash": "abc", "files": []},
    ],
)
def test_parts_without_anything_to_see_show_nothing(data: dict[str, Any]) -> None:
    assert part_body(data) == ""


def test_text_the_agent_added_is_folded() -> None:
    assert "<details" in part_body({"type": "text", "text": "file contents", "synthetic": True})


def test_reasoning_is_folded_and_timed() -> None:
    html = part_body({"type": "reasoning", "text": "hm", "time": {"start": 1_000, "end": 4_200}})
    assert "<details" in html
    assert "3.2 s" in html


def test_a_running_command_shows_what_it_has_printed_so_far() -> None:
    seen = words(tool("bash", {"command": "make"}, "running", metadata={"output": "compiling"}))
    assert seen == "bash make running Command make Output compiling"


def test_a_failed_command_shows_its_error() -> None:
    data = tool("bash", {"command": "make"}, "error", error="exit 2")
    assert part_body(data).startswith('<details class="tool tool-failed" data-fold="failed" open>')
    assert words(data).endswith("Error exit 2")


def test_a_finished_call_shows_title_status_and_time() -> None:
    data = tool("bash", {"command": "echo hi"}, output="hi\n", title="Say hi", time={"start": 1_000, "end": 1_038})
    assert words(data) == "bash Say hi 38 ms completed Command echo hi Output hi"


def test_a_written_file_is_highlighted_by_its_name() -> None:
    html = part_body(tool("write", {"filePath": "/a/b.py", "content": "import os\n"}, output="Wrote file."))
    assert '<span class="tok-keyword">import</span>' in html
    assert "/a/b.py" in html


def test_an_edit_is_shown_as_a_diff() -> None:
    html = part_body(tool("edit", {"filePath": "a.py", "oldString": "x = 1", "newString": "x = 2"}))
    assert '<span class="line line-removed" data-old="1" data-new="">-x = 1' in html
    assert '<span class="line line-added" data-old="" data-new="1">+x = 2' in html


def test_the_agents_own_diff_of_an_edit_is_preferred() -> None:
    given = {"filePath": "a.py", "oldString": "x", "newString": "y"}
    html = part_body(tool("edit", given, metadata={"diff": "@@ -10,1 +10,1 @@\n-x\n+y"}))
    assert 'data-old="10"' in html


def test_several_edits_are_several_diffs() -> None:
    edits = [{"oldString": "a", "newString": "b"}, {"oldString": "c", "newString": "d"}]
    assert part_body(tool("multiedit", {"filePath": "a.py", "edits": edits})).count("code-diff") == 2


def test_a_patch_tool_shows_its_patch() -> None:
    assert '<span class="tok-inserted">+b</span>' in part_body(tool("apply_patch", {"patchText": "-a\n+b\n"}))


def test_a_todo_list_is_a_list() -> None:
    given = {"todos": [{"content": "read", "status": "completed"}, {"content": "fix", "status": "in_progress"}]}
    html = part_body(tool("todowrite", given, output="[]"))
    assert 'class="todo todo-in-progress"' in html
    assert words(tool("todowrite", given, output="[]")) == "todowrite completed completed read in progress fix"


@pytest.mark.parametrize(
    ("name", "given", "title"),
    [
        ("read", {"filePath": "/a/b.py"}, "/a/b.py"),
        ("grep", {"pattern": "TODO", "path": "src"}, "TODO in src"),
        ("webfetch", {"url": "https://example.com"}, "https://example.com"),
        ("task", {"description": "look around", "prompt": "go"}, "look around"),
    ],
)
def test_a_call_without_a_title_is_named_by_its_input(name: str, given: dict[str, str], title: str) -> None:
    assert words(tool(name, given)).startswith(f"{name} {title} completed")


def test_input_of_a_tool_not_known_is_names_and_values() -> None:
    given = {"city": "Zürich", "days": 3, "metric": True, "units": ["mm", "°C"], "place": {"lat": 1}, "note": "a\nb"}
    data = tool("weather_lookup", given, output={"temp": 4})
    assert words(data) == (
        "weather_lookup completed city Zürich days 3 metric true units mm °C "
        'place { "lat": 1 } note a b Output { "temp": 4 }'
    )
    assert "<dt><bdi>city</bdi></dt>" in part_body(data)


def test_a_raster_picture_is_shown() -> None:
    html = part_body({"type": "file", "mime": "image/png", "filename": 'a".png', "url": PNG})
    assert f'<img src="{PNG}" alt="a&quot;.png">' in html


@pytest.mark.parametrize(
    "url", ["data:image/svg+xml;base64,PHN2Zz4=", "https://example.com/x.png", "javascript:alert(1)", 7, None]
)
def test_any_other_file_is_only_named(url: object) -> None:
    html = part_body({"type": "file", "mime": "image/png", "filename": "x.png", "url": url})
    assert "<img" not in html
    assert "href" not in html
    assert "x.png" in html


def test_pictures_a_tool_returned_are_shown() -> None:
    data = tool("screenshot", {}, attachments=[{"mime": "image/png", "url": PNG, "filename": "page.png"}])
    assert "<img" in part_body(data)


def test_a_step_says_its_tokens_and_cost() -> None:
    data = {"type": "step-finish", "cost": 2.2e-05, "tokens": {"input": 8_000, "output": 7, "cache": {"read": 3}}}
    assert words(data) == "8,000 in 7 out 3 cached $0.000022"


@pytest.mark.parametrize(
    ("data", "seen"),
    [
        ({"type": "patch", "hash": "a", "files": ["/a", "/b", 7]}, "2 files changed /a /b"),
        ({"type": "agent", "name": "explain"}, "Agent explain"),
        ({"type": "subtask", "agent": "general", "description": "look", "prompt": "go"}, "Subtask general look go"),
        ({"type": "retry", "attempt": 3, "error": {"data": {"message": "529"}}}, "Retry 3 529"),
        ({"type": "compaction", "auto": True}, "Compaction the conversation so far was summarised automatically"),
    ],
)
def test_the_smaller_kinds(data: dict[str, Any], seen: str) -> None:
    assert words(data) == seen


@pytest.mark.parametrize("data", [None, 7, "text", [1], {}, {"type": "hologram", "frames": 3}, {"type": ["text"]}])
def test_what_is_not_known_is_shown_as_json(data: object) -> None:
    html = part_body(data)
    assert "<details" in html
    assert dangers(html) == []


def test_a_part_cut_for_its_size_says_so() -> None:
    placeholder = {"type": "text", "text": "[item of 9000000 bytes not kept]", "truncated": True}
    assert words(placeholder) == "[item of 9000000 bytes not kept] Some of this was larger than the server keeps."


@pytest.mark.parametrize(
    "data",
    [
        {"type": "text", "text": EVIL},
        {"type": "reasoning", "text": EVIL},
        {"type": "file", "mime": EVIL, "filename": EVIL, "url": EVIL},
        {"type": "agent", "name": EVIL},
        {"type": "subtask", "agent": EVIL, "description": EVIL, "prompt": EVIL},
        {"type": "retry", "error": EVIL},
        {"type": "patch", "files": [EVIL]},
        {"type": "step-finish", "reason": EVIL, "cost": 1},
        {"type": EVIL, EVIL: EVIL},
        tool(EVIL, {EVIL: EVIL}, EVIL, title=EVIL, output=EVIL, error=EVIL),
        tool("bash", {"command": EVIL, "description": EVIL}, title=EVIL, output=EVIL),
        tool("write", {"filePath": EVIL + ".html", "content": EVIL}),
        tool("edit", {"filePath": EVIL, "oldString": EVIL, "newString": EVIL + "x"}),
        tool("todowrite", {"todos": [{"content": EVIL, "status": EVIL}]}),
        tool("task", {"description": EVIL, "prompt": EVIL}),
        tool("grep", {"pattern": EVIL, "path": EVIL}),
    ],
)
def test_markup_in_any_field_is_text(data: dict[str, Any]) -> None:
    html = part_body(data)
    assert dangers(html) == []
    assert "<script" not in html
    assert "<img" not in html


def test_a_title_that_reorders_its_line_is_isolated() -> None:
    assert "<bdi>\u202egnp.exe</bdi>" in part_body(tool("read", {}, title="\u202egnp.exe"))


KINDS = ["text", "reasoning", "tool", "file", "step-finish", "patch", "agent", "subtask", "retry", "compaction", "x"]
TOOLS = ["bash", "read", "write", "edit", "multiedit", "patch", "todowrite", "grep", "webfetch", "task", "x"]
FIELDS = "text filename mime url files name prompt error tokens cost reason time tool".split()  # noqa: SIM905
GIVEN = "command filePath content oldString newString edits patchText todos pattern url prompt".split()  # noqa: SIM905
STATE = "status title output error metadata time attachments".split()  # noqa: SIM905


@given(st.sampled_from(KINDS), st.dictionaries(st.sampled_from(FIELDS), JSON))
def test_no_part_is_too_odd_to_be_shown(kind: str, fields: dict[str, object]) -> None:
    assert dangers(part_body({"type": kind, **fields})) == []


@given(
    st.sampled_from(TOOLS),
    st.dictionaries(st.sampled_from(GIVEN), JSON),
    st.dictionaries(st.sampled_from(STATE), JSON),
)
def test_no_tool_call_is_too_odd_to_be_shown(name: str, given: dict[str, object], state: dict[str, object]) -> None:
    assert dangers(part_body({"type": "tool", "tool": name, "state": {**state, "input": given}})) == []
