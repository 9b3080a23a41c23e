"""What an agent waits for as a card: whole, escaped, with characters that hide others spelled out."""

from typing import Any

import pytest

from sync.render.asks import ask_card, spelled_out


def card(content: dict[str, Any], **more: Any) -> str:
    data = {"state": "open", "kind": "permission", "person": "Ann", "machine": "laptop", "session": "a", "root": "a"}
    return str(ask_card("session/ask/a/per_1", 3, {**data, "content": content, **more}))


def bash(command: str) -> dict[str, Any]:
    return {"permission": "bash", "patterns": ["ls *"], "metadata": {"command": command}}


def test_command_is_shown_whole_and_not_its_patterns() -> None:
    command = "cd /srv && " + "true && " * 2_000 + "rm -rf <build> > /dev/null"
    shown = card(bash(command))
    assert command.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;") in shown
    assert "ls *" not in shown


@pytest.mark.parametrize("character", ["\u202e", "\u200b", "\x1b", "\xa0", "\u2066", "\U000e0041", "\r", "\u3164"])
def test_characters_that_show_nothing_or_turn_others_are_spelled_out(character: str) -> None:
    shown = card(bash(f"echo {character}safe"))
    assert character not in shown
    assert f'<mark class="invisible">U+{ord(character):04X}</mark>safe' in shown


def test_line_feeds_tabs_and_letters_of_any_script_stay() -> None:
    assert spelled_out("a\n\tб漢é👍") == "a\n\tб漢é👍"


def test_change_is_shown_as_a_patch() -> None:
    diff = "--- a.py\n+++ a.py\n@@ -1 +1 @@\n-old\n+new\n"
    shown = card({"permission": "edit", "metadata": {"filepath": "a.py", "diff": diff}})
    assert "line-removed" in shown
    assert "+new" in shown


@pytest.mark.parametrize("line", ["+new\u202e", "+" + "x" * 5_000], ids=["invisible", "long"])
def test_change_that_its_coloured_form_would_cut_or_hide_is_shown_as_it_is(line: str) -> None:
    diff = f"--- a.py\n+++ a.py\n@@ -1 +1 @@\n-old\n{line}\n"
    shown = card({"permission": "edit", "metadata": {"filepath": "a.py", "diff": diff}})
    assert "line-removed" not in shown
    assert line.rstrip("\u202e") in shown


def test_permission_of_an_unknown_kind_shows_its_patterns_and_values() -> None:
    shown = card({"permission": "webfetch", "patterns": ["https://x.org/a"], "metadata": {"format": "text"}})
    assert all(words in shown for words in ("webfetch", "https://x.org/a", "format", "text"))


def test_question_shows_its_options() -> None:
    options = [{"label": "PostgreSQL", "description": "usual"}, {"label": "MySQL"}]
    shown = card({"questions": [{"question": "Which?", "options": options}]}, kind="question")
    assert all(words in shown for words in ("Which?", "PostgreSQL", "usual", "MySQL", "question"))


def test_one_that_is_too_large_says_where_to_decide() -> None:
    assert "Decide it at the machine" in card({}, too_large=True)


def test_subagent_is_named_as_such() -> None:
    assert "by a subagent" in card(bash("ls"), session="b")
    assert "by a subagent" not in card(bash("ls"))


@pytest.mark.parametrize("state", ["once", "withdrawn", "lost", "", None, 3])
def test_one_that_has_ended_shows_nothing(state: Any) -> None:
    assert card(bash("ls"), state=state) == ""


@pytest.mark.parametrize("data", [None, [], "x", {"state": "open"}, {"state": "open", "content": []}])
def test_entry_of_any_form_is_taken(data: Any) -> None:
    ask_card("session/ask/a/per_1", 3, data)


def test_texts_of_the_agent_are_escaped() -> None:
    evil = "<script>x</script>"
    content = {"permission": evil, "metadata": {"command": evil, "filepath": evil, evil: evil}}
    shown = card(content, person=evil, machine=evil, directory=evil, ask=evil)
    assert "<script>" not in shown
