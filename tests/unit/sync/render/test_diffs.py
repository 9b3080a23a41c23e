"""Diffs in every shape agents have sent them."""

from sync.render.changes import changed_files
from sync.render.diffs import SHOWN_LINES, file_diff, parse_patch, unified
from tests.unit.sync.transcript.entries import dangers, text_of

PATCH = """Index: note.txt
===================================================================
--- note.txt\t
+++ note.txt\t
@@ -3,3 +3,4 @@ def f():
 context
-old
+new
+--- not a header
"""


def test_a_patch_becomes_numbered_lines() -> None:
    lines = [(line.kind, line.old, line.new, line.text) for line in parse_patch(PATCH)]
    assert lines == [
        ("hunk", None, None, "@@ -3,3 +3,4 @@ def f():"),
        ("context", 3, 3, "context"),
        ("removed", 4, None, "old"),
        ("added", None, 4, "new"),
        ("added", None, 5, "--- not a header"),
    ]


def test_before_and_after_become_a_patch() -> None:
    diff = file_diff({"file": "a.py", "before": "one\ntwo\n", "after": "one\n2\n"})
    assert diff is not None
    assert [(line.kind, line.text) for line in diff.lines if line.kind in {"added", "removed"}] == [
        ("removed", "two"),
        ("added", "2"),
    ]
    assert (diff.additions, diff.deletions) == (1, 1)


def test_the_agents_own_counts_are_shown() -> None:
    diff = file_diff({"file": "a.py", "patch": PATCH, "additions": 40, "deletions": 7, "status": "modified"})
    assert diff is not None
    assert (diff.additions, diff.deletions, diff.status) == (40, 7, "modified")


def test_counts_are_taken_from_the_lines_when_nobody_gave_them() -> None:
    diff = file_diff({"file": "a.py", "patch": PATCH})
    assert diff is not None
    assert (diff.additions, diff.deletions) == (2, 1)


def test_texts_too_long_to_compare_show_the_new_one() -> None:
    patch = unified("a\n" * 3_000, "b\n" * 3_000)
    assert patch.startswith("(too long to compare")
    assert patch.count("+b") == 3_000


def test_a_huge_patch_is_cut_and_says_so() -> None:
    diff = file_diff({"file": "a", "patch": "@@ -0,0 +1,9000 @@\n" + "+x\n" * 9_000})
    assert diff is not None
    assert len(diff.lines) == SHOWN_LINES
    assert diff.cut.startswith("7,001 more lines")
    assert diff.additions == 9_000


def test_lines_are_escaped() -> None:
    diff = file_diff({"file": "a", "patch": "@@ -0,0 +1 @@\n+<script>alert(1)</script>"})
    assert diff is not None
    assert dangers(diff.html) == []
    assert "+<script>alert(1)</script>" in text_of(diff.html)


def test_a_diff_without_a_file_is_passed_over() -> None:
    assert changed_files([{"patch": PATCH}, None, 7, "x", {"file": "", "patch": ""}]) == []


def test_diffs_come_as_a_list_or_inside_an_object() -> None:
    file = {"file": "a", "patch": PATCH}
    assert [each.path for each in changed_files([file])] == ["a"]
    assert [each.path for each in changed_files({"diffs": [file]})] == ["a"]
    assert [each.path for each in changed_files({"any": file})] == ["a"]
    assert changed_files("nothing") == []
