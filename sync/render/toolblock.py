"""A tool call as HTML: a fold with its input and its result, open and red when the call failed."""

from collections.abc import Iterable
from typing import Any, Final

from sync.protocol.toolcalls import tool_outcome
from sync.render.fields import at, dict_at, number_at, text_at
from sync.render.html import Html, block, tag
from sync.render.outputs import output_figure, output_of
from sync.render.tools import Call, section_block, tool_shown
from sync.render.wording import duration, plural, short_line

ENDED: Final = ("completed", "error")
RUNNING: Final = ("pending", "running")
STATUSES: Final = (*RUNNING, *ENDED)
NOTES_OPEN, NOTES_CLOSE = "\n\n<shell_metadata>\n", "\n</shell_metadata>"
NOTES_CHARACTERS: Final = 2_000


def tool_fold(data: Any, key: str, attached: Iterable[Html], cut: Html | None) -> Html:
    """The part of type tool in the entry `key`. `attached` are its files; `cut` notes that some of it was not kept."""
    state, outcome = dict_at(data, "state"), tool_outcome(data)
    name, output = short_line(text_at(data, "tool") or "tool", 80), output_of(at(data, "state"))
    error, status = text_at(state, "error"), text_at(state, "status")
    status = status if status in STATUSES else ""
    call = Call(dict_at(state, "input"), dict_at(state, "metadata"), output, key, status in ENDED)
    shown = tool_shown(name, call)
    given = text_at(state, "title")
    title = short_line(shown.title if shown.names and shown.title else given or shown.title)
    body = section_block(
        [
            *shown.sections,
            _output(output, key) if output and (error or not shown.hides_output) else None,
            output_figure(error, key, label="Error") if error else None,
            *attached,
            cut,
        ]
    )
    kind = "failed" if outcome.has_failed else status
    summary = block(
        "summary",
        tag("span", tag("bdi", name), class_="tool-name"),
        tag("span", tag("bdi", title), class_="tool-title"),
        tag("span", plural(shown.problems, "error"), class_="tool-problems") if shown.problems else None,
        _took(state),
        tag("span", outcome.words or status or "unknown", class_="tool-status"),
    )
    # A name of its own: a page that has the running call folded does not fold its failure.
    fold = "failed" if outcome.has_failed else "tool"
    return block(
        "details",
        summary,
        body,
        class_=f"tool tool-{kind}" if kind else "tool",
        data_fold=fold,
        data_began=_began(state) if status in RUNNING else None,
        open=outcome.has_failed,
    )


def _took(state: dict[str, Any]) -> Html | None:
    words = duration(number_at(state, "time", "start"), number_at(state, "time", "end"))
    return tag("span", words, class_="took") if words else None


def _began(state: dict[str, Any]) -> int | None:
    """When the call began, in ms since 1970: what it does is in the page's head while it runs."""
    return int(number_at(state, "time", "start") or 0) or None


def _output(text: str, key: str) -> Html:
    """The output, and below it what the agent's shell notes on it: that it was ended, and why."""
    start = text.rfind(NOTES_OPEN, -NOTES_CHARACTERS)
    if start < 0 or not text.endswith(NOTES_CLOSE):
        return output_figure(text, key)
    note = text[start + len(NOTES_OPEN) : -len(NOTES_CLOSE)]
    return output_figure(text[:start], key, note=short_line(note, NOTES_CHARACTERS))
