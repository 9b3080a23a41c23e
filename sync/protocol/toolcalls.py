"""How a tool call of an agent ended, by one rule for pages, exports and counts. Pure, and tolerant of any input.

Agents report a command's failure in three ways: the call's status is `error`; it is `completed` with an exit code in
`metadata.exit`; or it is `completed` with an `exit` of null, which stands for a command that was ended from outside.
A call that the agent itself could not make sense of is `completed` by a tool named `invalid`.
"""

from typing import Any, Final, NamedTuple

from sync.protocol.untrusted import at, dict_at, text_at

TAIL_CHARACTERS: Final = 2_000
CODE_DIGITS: Final = 12
# Beginnings of what agents say in `error`, and what it is called on a page.
_REASONS: Final = (
    ("The user rejected permission", "refused"),
    ("The user has specified a rule", "refused"),
    ("The user dismissed", "dismissed"),
    ("Tool execution aborted", "aborted"),
    ("Task cancelled", "aborted"),
)
# In the last lines of a command's output; the tool's own words, between `<shell_metadata>` tags.
_NOTES: Final = (
    ("User aborted the command", "aborted"),
    ("exceeding timeout", "timed out"),
    ("exceeded timeout", "timed out"),
)


class Outcome(NamedTuple):
    """`words` say how a failed call ended: `exit 1`, `refused`, `aborted`, `timed out` …; empty otherwise."""

    has_failed: bool
    words: str = ""


UNFAILED: Final = Outcome(False)


def tool_outcome(part: Any) -> Outcome:
    """The outcome of a part of type `tool`; one that is pending or running has not failed."""
    state = dict_at(part, "state")
    status, notes = text_at(state, "status"), dict_at(state, "metadata")
    if status == "error":
        return Outcome(True, _reason(text_at(state, "error"), notes))
    if status != "completed":
        return UNFAILED
    if text_at(part, "tool") == "invalid":
        return Outcome(True, "invalid call")
    return _exit(notes, text_at(state, "output")) if "exit" in notes else UNFAILED


def _reason(error: str, notes: dict[str, Any]) -> str:
    if at(notes, "interrupted") is True:
        return "aborted"
    return next((words for beginning, words in _REASONS if error.startswith(beginning)), "failed")


def _exit(notes: dict[str, Any], output: str) -> Outcome:
    code = notes["exit"]
    if isinstance(code, float) and code.is_integer():
        code = int(code)
    if isinstance(code, bool) or not isinstance(code, int | None):
        return UNFAILED
    if code is not None:
        return Outcome(True, f"exit {str(code)[:CODE_DIGITS]}") if code else UNFAILED
    tail = output[-TAIL_CHARACTERS:]
    return Outcome(True, next((words for note, words in _NOTES if note in tail), "ended"))
