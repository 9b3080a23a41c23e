"""Checks whether a configuration may be served to agents: problems and where they are, and warnings."""

from collections.abc import Iterator
from itertools import islice
from typing import Any, Final, NamedTuple

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from workspaces.configuration.effects import effects
from workspaces.configuration.essentials import SCHEMA
from workspaces.configuration.reading import NotJSON, Path, TextPosition, read
from workspaces.configuration.secrets import literals, variables

NOT_JSON: Final = "config_not_json"
TOO_LARGE: Final = "config_too_large"
SHAPE: Final = "config_shape"
SECRET: Final = "config_secret_literal"  # noqa: S105 - a code
FILE: Final = "config_file_reference"
PROBLEMS_LISTED: Final = 100
"""How many problems are reported at most; once they are fixed, the others show."""
SHOWN_CHARACTERS: Final = 100
"""How many characters of a key a path shows."""

_KINDS: Final = {
    "string": "text in double quotes",
    "number": "a number",
    "integer": "a whole number",
    "boolean": "true or false",
    "object": "an object",
    "array": "a list",
}
_VALIDATOR: Final = Draft202012Validator(SCHEMA)


class Problem(NamedTuple):
    """Why the text is refused. `path` is like `provider.corp.options.apiKey`, empty for the whole text."""

    code: str
    path: str
    line: int
    column: int
    message: str


class Warned(NamedTuple):
    """What is allowed, but an admin should know of it."""

    path: str
    line: int
    message: str


class Checked(NamedTuple):
    """`variables`: what it reads from the environment of members' machines. With problems, there are no warnings."""

    problems: list[Problem]
    warnings: list[Warned]
    variables: list[str]


def check(text: str, max_bytes: int) -> Checked:
    size = len(text.encode("utf-8", "replace"))
    if size > max_bytes:
        message = f"The configuration has {size:,} bytes; {max_bytes:,} is the limit."
        return Checked([Problem(TOO_LARGE, "", 1, 1, message)], [], [])
    try:
        value, places = read(text)
    except NotJSON as wrong:
        return Checked([Problem(NOT_JSON, "", *wrong.place, str(wrong))], [], [])
    problems = sorted(
        islice(_problems(value, places), PROBLEMS_LISTED), key=lambda problem: (problem.line, problem.column)
    )
    if problems:
        return Checked(problems, [], [])
    warnings = [Warned(shown(path), _place(path, places).line, said) for path, said in effects(value)]
    return Checked([], warnings, variables(value))


def shown(path: Path) -> str:
    """The path as text: `mcp.jira.command[0]`."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{_cut(step)}" if text else _cut(step)
    return text


def _cut(step: str) -> str:
    return step if len(step) <= SHOWN_CHARACTERS else f"{step[:SHOWN_CHARACTERS]}…"


def _problems(value: Any, places: dict[Path, TextPosition]) -> Iterator[Problem]:
    if not isinstance(value, dict):
        yield Problem(SHAPE, "", *_place((), places), "The configuration must be an object: { … }.")
        return
    for error in _VALIDATOR.iter_errors(value):
        path: Path = tuple(error.absolute_path)
        yield Problem(SHAPE, shown(path), *_place(path, places), f"“{shown(path) or 'This'}” {_said(error)}.")
    for path, is_file in literals(value):
        yield Problem(FILE if is_file else SECRET, shown(path), *_place(path, places), _refused(path, is_file))


def _refused(path: Path, is_file: bool) -> str:
    if is_file:
        return f"“{shown(path)}” reads a file of whoever runs the agent; only {{env:NAME}} references are served."
    return f"“{shown(path)}” holds a secret that every member could read; write {{env:NAME}} and set that variable."


def _place(path: Path, places: dict[Path, TextPosition]) -> TextPosition:
    """The place of the value, or of the nearest value around it that has one."""
    while path not in places:
        path = path[:-1]
    return places[path]


def _said(error: ValidationError) -> str:
    """What is wrong, in words that follow the name of the value."""
    schema: Any = error.schema
    wanted: Any = error.validator_value
    instance: Any = error.instance
    if isinstance(schema, dict) and "says" in schema:
        return str(schema["says"])
    if error.validator == "type":
        return f"must be {_KINDS[str(wanted)]}"
    if error.validator == "enum":
        return "must be " + " or ".join(_literal(choice) for choice in wanted)
    if error.validator == "required":
        missing = next(name for name in wanted if name not in instance)
        return f"needs “{missing}”"
    if error.validator == "minimum":
        return f"must be {wanted} or more"
    return "must not be empty"


def _literal(choice: object) -> str:
    return str(choice).lower() if isinstance(choice, bool) else f"“{choice}”"
