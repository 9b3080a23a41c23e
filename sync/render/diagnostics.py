"""What a language server said of the files after an edit."""

from collections.abc import Iterable
from typing import Any, Final, NamedTuple

from sync.render.fields import at, count_at, dict_at, list_at, text_at
from sync.render.html import Html, block, tag
from sync.render.wording import plural, short_line

SHOWN_PROBLEMS: Final = 60
# Each path is compared with each edited file.
LOOKED_AT_PATHS: Final = 500
LOOKED_AT_FILES: Final = 40
ERROR: Final = 1
_SEVERITIES: Final = {1: ("error", "bad"), 2: ("warning", "warn"), 3: ("note", ""), 4: ("hint", "")}


class Problem(NamedTuple):
    path: str
    severity: int
    line: int
    column: int
    message: str
    source: str


class Diagnostics(NamedTuple):
    """`own` are those of the edited files, worst first; `others` the errors of other files."""

    own: tuple[Problem, ...] = ()
    others: tuple[Problem, ...] = ()

    @property
    def errors(self) -> int:
        """How many errors the edited files have."""
        return sum(problem.severity == ERROR for problem in self.own)


def diagnostics_of(notes: Any, edited: Iterable[str]) -> Diagnostics:
    """From a call's `metadata`; `edited` are the paths of the files it changed, as in its input or metadata."""
    names = list(dict.fromkeys(filter(None, edited)))[:LOOKED_AT_FILES]
    own: list[Problem] = []
    others: list[Problem] = []
    for path, found in list(dict_at(notes, "diagnostics").items())[:LOOKED_AT_PATHS]:
        problems = [_problem(path, each) for each in (found if isinstance(found, list) else [])[:SHOWN_PROBLEMS]]
        if path in names or any(path.endswith(f"/{name}") for name in names):
            own += problems
        else:
            others += [problem for problem in problems if problem.severity == ERROR]
    own.sort(key=lambda problem: (problem.severity, problem.path, problem.line))
    return Diagnostics(tuple(own[:SHOWN_PROBLEMS]), tuple(others[:SHOWN_PROBLEMS]))


def _problem(path: str, data: Any) -> Problem:
    severity = count_at(data, "severity")
    place = ("range", "start")
    return Problem(
        short_line(path),
        severity if severity in _SEVERITIES else ERROR,
        count_at(data, *place, "line") + 1,
        count_at(data, *place, "character") + 1,
        short_line(text_at(data, "message"), 1_000),
        short_line(text_at(data, "source"), 40),
    )


def diagnostics_section(found: Diagnostics) -> Html | None:
    """None when there is nothing to say."""
    if not found.own and not found.others:
        return None
    others = None
    if found.others:
        summary = tag("summary", f"{plural(len(found.others), 'error')} in other files")
        others = block("details", summary, _list(found.others), class_="more", data_fold="problems")
    return block("div", _list(found.own) if found.own else None, others, class_="problems")


def _list(problems: Iterable[Problem]) -> Html:
    return block("ul", *map(_row, problems))


def _row(problem: Problem) -> Html:
    words, colour = _SEVERITIES[problem.severity]
    place = f"{problem.path.rpartition('/')[2]}:{problem.line}:{problem.column}"
    return block(
        "li",
        tag("span", words, class_=f"badge {colour}".rstrip()),
        tag("span", tag("bdi", place), class_="path", title=problem.path),
        tag("span", tag("bdi", problem.message), class_="problem-message"),
        tag("span", tag("bdi", problem.source), class_="faint") if problem.source else None,
    )


def edited_paths(given: Any, notes: Any) -> list[str]:
    """The files that an edit, a write or a patch names."""
    files = list_at(notes, "files")
    named = [text_at(given, "filePath"), text_at(given, "path"), text_at(notes, "filepath")]
    return [*named, *(text_at(each, "movePath") or text_at(each, "filePath") for each in files if at(each, "filePath"))]
