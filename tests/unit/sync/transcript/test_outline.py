"""What leads through a page of a session: turns by what was asked, and what the agent does now."""

import json
from typing import Any

import pytest

from sync.render.messages import NO_NAME, PERSON_SLOT, named
from sync.transcript import Activity, activity_of, build_document, outline_of
from sync.transcript.filetree import TreeLine, tree_lines
from tests.unit.sync.transcript.entries import message, part

BEGAN = 1_795_340_283_445


def doing(*parts: Any, **head: Any) -> Activity | None:
    working = message("msg_2", role="assistant", time={"created": BEGAN, **head.pop("time", {})}, **head)
    return activity_of(build_document([message("msg_1", role="user"), working, *parts]))


def call(part_id: str, status: str, **state: Any) -> Any:
    return part(part_id, "msg_2", type="tool", tool="bash", state={"status": status, **state})


def test_the_outline_has_what_people_asked() -> None:
    rows = [
        message("msg_1", role="user"),
        part("prt_0", "msg_1", type="text", text="a file", synthetic=True),
        part("prt_1", "msg_1", type="text", text="Fix  the\nretry " + "x" * 200),
        message("msg_2", role="assistant"),
        part("prt_2", "msg_2", type="text", text="Done"),
        message("msg_3", role="user"),
    ]
    turns = outline_of(build_document(rows))
    assert [turn.id for turn in turns] == ["msg_1", "msg_3"]
    assert turns[0].title.startswith("Fix the retry xxx")
    assert len(turns[0].title) == 90
    assert turns[1].title == "No text"


def test_the_newest_call_that_runs_is_what_it_does() -> None:
    given = {"command": "pytest", "description": "Run the tests"}
    first = call("prt_1", "running", input=given, time={"start": BEGAN + 5})
    assert doing(first) == Activity("bash", "Run the tests", BEGAN + 5)
    assert doing(first, call("prt_2", "completed")) == Activity("bash", "Run the tests", BEGAN + 5)
    assert doing(first, call("prt_2", "pending", title="Next")) == Activity("bash", "Next", 0)


@pytest.mark.parametrize(
    ("kind", "word"), [("text", "writing"), ("reasoning", "thinking"), ("step-start", "working"), ("tool", "working")]
)
def test_without_a_call_it_writes_thinks_or_works(kind: str, word: str) -> None:
    assert doing(part("prt_1", "msg_2", type=kind, text='it said "running"')) == Activity("", word, BEGAN)


def test_an_agent_that_ended_does_nothing() -> None:
    running = call("prt_1", "running")
    assert doing(running, time={"completed": BEGAN + 9}) is None
    assert doing(running, error={"name": "Aborted"}) is None
    assert activity_of(build_document([])) is None
    assert activity_of(build_document([message("msg_1", role="user")])) is None


def test_a_name_stands_in_its_place_as_text() -> None:
    html = f"<h3>{PERSON_SLOT}</h3>"
    assert named(html, "Al <b>") == "<h3>Al &lt;b&gt;</h3>"
    assert named(html, "") == f"<h3>{NO_NAME}</h3>"


def test_a_tree_has_each_folder_once_and_chains_of_folders_on_one_line() -> None:
    paths = {"src/a/one.py": 1, "src/a/b/c/two.py": 2, "README": 3, "/etc/motd": 4, "src\\a\\three.py": 5, "/": 6}
    assert tree_lines(paths) == [
        TreeLine(0, "/etc/"),
        TreeLine(1, "motd", 4),
        TreeLine(0, "src/a/"),
        TreeLine(1, "b/c/"),
        TreeLine(2, "two.py", 2),
        TreeLine(1, "one.py", 1),
        TreeLine(1, "three.py", 5),
        TreeLine(0, "/", 6),
        TreeLine(0, "README", 3),
    ]
    assert json.dumps(tree_lines({})) == "[]"
