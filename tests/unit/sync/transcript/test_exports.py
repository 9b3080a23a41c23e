"""A session as JSON and as Markdown."""

import json

from sync.transcript.json_export import export_json
from sync.transcript.markdown_export import export_markdown
from tests.unit.sync.transcript.entries import CREATED, SESSION, message, part, row, tool


def test_json_splices_contents_as_they_were_stored() -> None:
    odd = '{"a": 1.0, "b":  [1e400, 12345678901234567890], "a": 2}'
    text = export_json([row(f"session/x/{SESSION}", odd, 4)], session_id=SESSION, epoch="e", seq=9).decode()
    assert text == (
        f'{{"format":"opencode.session.v1","session":"{SESSION}","epoch":"e","seq":9,"entries":'
        f'[{{"key":"session/x/{SESSION}","seq":4,"content":{odd}}}]}}'
    )


def test_json_leaves_out_what_is_never_handed_on() -> None:
    info = {"id": SESSION, "share": {"url": "u", "secret": "hush"}}
    model = [{"id": "m", "name": "M", "options": {"apiKey": "hush"}, "headers": {"x": "hush"}}]
    rows = [row(f"session/info/{SESSION}", info), row(f"session/model/{SESSION}", model)]
    exported = export_json(rows, session_id=SESSION, epoch="e", seq=1)
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
    assert export_markdown(rows) == (
        "# Fix it\n\n- started: 2026-11-22 09:38:03 UTC\n- models: gw/fake-1\n\n"
        "## user · 2026-11-22 09:38:03 UTC\n\nplease **fix** it\n\n*attached: a.png (image/png)*\n\n"
        "## assistant · gw/fake-1 · 2026-11-22 09:38:04 UTC\n\n> hm\n> hm\n\n"
        "**bash** · Say hi · completed\n\n```sh\necho hi\n```\n\n```\nhi\n```\n\n"
        "## changes\n\n### a.py (+1 −1)\n\n```diff\n@@ -1 +1 @@\n-a\n+b\n```\n"
    )


def test_a_fence_is_longer_than_any_inside_it() -> None:
    rows = [message(), part(**tool("read", {}, output="```\ncode\n````\n"))]
    assert "`````\n```\ncode\n````\n`````" in export_markdown(rows)


def test_markdown_of_odd_entries_does_not_fail() -> None:
    odd = [None, 7, [], {"type": "tool", "state": 3}, {"type": "text", "text": 5}, {"type": "file"}]
    rows = [message(), *(part(f"prt_{number}") for number in range(3))]
    rows += [row(f"session/part/{SESSION}/msg_1/odd{number}", each) for number, each in enumerate(odd)]
    assert export_markdown(rows).startswith("# untitled session\n")
