"""The usual settings in a configuration: read, changed, taken out; what else is in it stays."""

from typing import Any

import pytest

from workspaces.configuration import CUSTOM, UsualSettings, usual_of, with_usual

UNSET = {"edit": "", "bash": "", "webfetch": ""}
WRITTEN: dict[str, Any] = {
    "$schema": "https://opencode.ai/config.json",
    "model": "acme/one",
    "permission": {"bash": {"git *": "allow", "*": "ask"}, "edit": "ask", "skill": "deny"},
    "instructions": ["docs/rules.md"],
    "theme": "dark",
}


def test_settings_are_read_and_what_no_form_shows_is_named() -> None:
    assert usual_of(WRITTEN) == UsualSettings(
        model="acme/one", permissions={"edit": "ask", "bash": CUSTOM, "webfetch": ""}, instructions=("docs/rules.md",)
    )
    assert usual_of({}) == UsualSettings(permissions=UNSET)
    assert usual_of({"permission": "ask"}).permissions == dict.fromkeys(UNSET, CUSTOM)


@pytest.mark.parametrize(
    "config", [WRITTEN, {}, {"permission": "ask"}, {"share": "auto", "permission": {"edit": "deny"}}]
)
def test_saving_what_was_read_changes_nothing(config: dict[str, Any]) -> None:
    assert with_usual(config, usual_of(config)) == config


def test_changed_settings_replace_theirs_alone() -> None:
    chosen = UsualSettings("acme/two", "auto", {"edit": "", "bash": CUSTOM, "webfetch": "deny"}, ())
    assert with_usual(WRITTEN, chosen) == {
        "$schema": WRITTEN["$schema"],
        "model": "acme/two",
        "share": "auto",
        "permission": {"bash": WRITTEN["permission"]["bash"], "skill": "deny", "webfetch": "deny"},
        "theme": "dark",
    }


def test_settings_that_are_emptied_leave_nothing_behind() -> None:
    config = {"model": "acme/one", "share": "auto", "permission": {"edit": "ask"}, "instructions": ["a"]}
    assert with_usual(config, UsualSettings(permissions=UNSET)) == {}
