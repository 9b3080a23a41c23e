"""A session as JSON and as Markdown, a piece at a time."""

import json
from collections.abc import Callable

import pytest

from sync.errors import SessionGone
from sync.store import EntryPosition, Piece, StateRow, Window, WindowRow
from sync.transcript.json_export import export_json
from sync.transcript.markdown_export import export_markdown
from tests.unit.sync.transcript.entries import CREATED, SESSION, message, part, row, tool


def pieces(*found: Piece | None) -> Callable[[int], Piece | None]:
    """Reads that find these, one after the other."""
    left = iter(found)
    return lambda since: next(left)


def as_json(*rows: StateRow, head: int = 9) -> bytes:
    return b"".join(export_json(pieces(Piece("e", head, head, list(rows))), SESSION))


def as_markdown(*rows: StateRow, **facts: str) -> str:
    read = [WindowRow(row.key, row.seq, len(row.content), row.content) for row in rows]
    return "".join(export_markdown(lambda at: Window("e", 9, read, None, None), lambda key: "", **facts))


def test_json_splices_contents_as_they_were_stored() -> None:
    odd = '{"a": 1.0, "b":  [1e400, 12345678901234567890], "a": 2}'
    text = as_json(row(f"session/x/{SESSION}", odd, 4)).decode()
    assert text == (
        f'{{"format":"opencode.session.v1","session":"{SESSION}","epoch":"e","entries":'
        f'[{{"key":"session/x/{SESSION}","seq":4,"content":{odd}}}],"seq":9}}'
    )


def test_json_of_a_session_that_is_written_to_meanwhile_replays_to_its_last_state() -> None:
    first = Piece("e", 3, 2, [row("a", "1", 1), StateRow("gone before", 2, "", True)])
    second = Piece("e", 6, 4, [row("b", "2", 3), StateRow("a", 4, "", True)])
    third = Piece("e", 6, 6, [row("b", "3", 5), row("c", "4", 6)])
    exported = json.loads(b"".join(export_json(pieces(first, second, third), SESSION)))
    assert exported["seq"] == 6
    assert [(entry["key"], entry.get("content"), entry.get("deleted")) for entry in exported["entries"]] == [
        ("a", 1, None),
        ("b", 2, None),
        ("a", None, True),
        ("b", 3, None),
        ("c", 4, None),
    ]


@pytest.mark.parametrize("later", [None, Piece("another", 9, 9, [])])
def test_json_of_a_session_that_goes_meanwhile_does_not_end_well(later: Piece | None) -> None:
    exported = export_json(pieces(Piece("e", 9, 1, [row("a", "1", 1)]), later), SESSION)
    assert next(exported)
    with pytest.raises(SessionGone):
        list(exported)


def test_json_of_an_empty_session_is_a_document() -> None:
    assert json.loads(as_json(head=0))["entries"] == []


def test_json_leaves_out_what_is_never_handed_on() -> None:
    info = {"id": SESSION, "share": {"url": "u", "secret": "hush"}}
    model = [{"id": "m", "name": "M", "options": {"apiKey": "hush"}, "headers": {"x": "hush"}}]
    rows = [row(f"session/info/{SESSION}", info), row(f"session/model/{SESSION}", model)]
    exported = as_json(*rows)
    assert b"hush" not in exported
    contents = [entry["content"] for entry in json.loads(exported)["entries"]]
    assert contents == [{"id": SESSION}, [{"id": "m", "name": "M"}]]


def test_markdown_tells_the_whole_session() -> None:
    rows = [
        row(f"session/info/{SESSION}", {"title": "Fix it", "time": {"created": CREATED}}),
        message("msg_1"),
        part("prt_1", "msg_1", type="text", text="please **fix** it"),
        part("prt_2", "msg_1", type="file", mime="image/png", filename="a.png"),
        message("msg_2", "assistant", modelID="fake-1", providerID="gw", time={"created": CREATED + 1000}),
        part("prt_3", "msg_2", type="reasoning", text="hm\nhm"),
        part("prt_4", "msg_2", **tool("bash", {"command": "echo hi"}, title="Say hi", output="\x1b[1mhi\x1b[0m\n")),
        part("prt_5", "msg_2", type="step-finish", cost=1),
        row(f"session/diff/{SESSION}", [{"file": "a.py", "patch": "@@ -1 +1 @@\n-a\n+b"}]),
    ]
    assert as_markdown(*rows) == (
        "# Fix it\n\n- started: 2026-11-22 09:38:03 UTC\n- models: gw/fake-1\n\n"
        "## User · 2026-11-22 09:38:03 UTC\n\nplease **fix** it\n\n*attached: a.png (image/png)*\n\n"
        "## Assistant · gw/fake-1 · 2026-11-22 09:38:04 UTC\n\n> hm\n> hm\n\n"
        "**bash** · Say hi · completed\n\n```sh\necho hi\n```\n\n```\nhi\n```\n\n"
        "## changes\n\n### a.py (+1 −1)\n\n```diff\n@@ -1 +1 @@\n-a\n+b\n```\n"
    )


def test_a_fence_is_longer_than_any_inside_it() -> None:
    rows = [message(), part(**tool("read", {}, output="```\ncode\n````\n"))]
    assert "`````\n```\ncode\n````\n`````" in as_markdown(*rows)


def test_markdown_of_odd_entries_does_not_fail() -> None:
    odd = [None, 7, [], {"type": "tool", "state": 3}, {"type": "text", "text": 5}, {"type": "file"}]
    rows = [message(), *(part(f"prt_{number}") for number in range(3))]
    rows += [row(f"session/part/{SESSION}/msg_1/odd{number}", each) for number, each in enumerate(odd)]
    assert as_markdown(*rows).startswith("# Untitled session\n")


def test_markdown_goes_on_over_pages_and_heads_each_message_once() -> None:
    def page(at: EntryPosition) -> Window:
        first = [message(), part("prt_1", type="text", text="one")]
        rows = [message(), part("prt_2", type="text", text="two")] if at.part_id else first
        read = [WindowRow(row.key, row.seq, len(row.content), row.content) for row in rows]
        return Window("e", 9, read, None, None if at.part_id else EntryPosition("msg_1", "prt_2"))

    text = "".join(export_markdown(page, lambda key: "", title="Long", model="gw/fake"))
    assert text == "# Long\n\n- models: gw/fake\n\n## User · 2026-11-22 09:38:03 UTC\n\none\n\ntwo\n"


def test_markdown_reads_large_entries_whole() -> None:
    large = json.dumps({"type": "text", "text": "all of it"})
    rows = [WindowRow(row.key, row.seq, 9_000_000, row.content[:5]) for row in [part("prt_1")]]
    rows += [WindowRow(row.key, row.seq, 9, row.content) for row in [message()]]
    asked: list[str] = []

    def content_of(key: str) -> str:
        asked.append(key)
        return large

    text = "".join(export_markdown(lambda at: Window("e", 9, rows, None, None), content_of))
    assert "all of it" in text
    assert asked == [rows[0].key]
