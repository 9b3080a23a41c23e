"""A JSON parser that keeps the line and column of each value, so that a mistake can be pointed at."""

import math
import re
from bisect import bisect_right
from json import JSONDecodeError, JSONDecoder
from typing import Any, Final, NamedTuple

Path = tuple[str | int, ...]

DEEPEST: Final = 64
NUMBER_CHARACTERS: Final = 40
_SPACE: Final = re.compile(r"[ \t\r\n]*")
_LINE_END: Final = re.compile(r"\n")
_NUMBER: Final = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?")
_STRINGS: Final = JSONDecoder()
_WORDS: Final[dict[str, Any]] = {"true": True, "false": False, "null": None}


class TextPosition(NamedTuple):
    """A place in the text; line and column count from 1, as editors do."""

    line: int
    column: int


class NotJSON(ValueError):
    """The text is no JSON; the message says what was expected at `place`."""

    def __init__(self, message: str, place: TextPosition) -> None:
        super().__init__(message)
        self.place = place


class ParsedText(NamedTuple):
    """The value, and the place of each key or list item by its path; the root's path is ()."""

    value: Any
    places: dict[Path, TextPosition]


def read(text: str) -> ParsedText:
    """Parse strict JSON: no comments, no trailing commas, no key twice. Raises NotJSON."""
    reader = _Reader(text)
    value = reader.value(reader.space(0), (), 0)
    end = reader.space(reader.at)
    if end != len(text):
        raise reader.wrong("Nothing may follow the last brace.", end)
    return ParsedText(value, reader.places)


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.places: dict[Path, TextPosition] = {}
        self.lines = [0, *(found.end() for found in _LINE_END.finditer(text))]

    def wrong(self, message: str, at: int) -> NotJSON:
        return NotJSON(message, self.place(at))

    def place(self, at: int) -> TextPosition:
        line = bisect_right(self.lines, at)
        return TextPosition(line, at - self.lines[line - 1] + 1)

    def space(self, at: int) -> int:
        found = _SPACE.match(self.text, at)
        return found.end() if found else at

    def value(self, at: int, path: Path, depth: int) -> Any:
        """The value that begins at `at`; afterwards `self.at` is the index after it."""
        self.places.setdefault(path, self.place(at))
        if depth > DEEPEST:
            raise self.wrong(f"Nothing may be nested deeper than {DEEPEST} levels.", at)
        first = self.text[at : at + 1]
        if first == "{":
            return self.members(at, path, depth)
        if first == "[":
            return self.items(at, path, depth)
        if first == '"':
            return self.string(at)
        return self.scalar(at)

    def members(self, at: int, path: Path, depth: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        at = self.space(at + 1)
        while self.text[at : at + 1] != "}":
            if self.text[at : at + 1] != '"':
                raise self.wrong("A key in double quotes is expected here.", at)
            key_at = at
            key = self.string(at)
            if key in found:
                raise self.wrong(f"The key “{key}” is there already.", key_at)
            self.places[(*path, key)] = self.place(key_at)
            at = self.expect(":", "A colon is expected after a key.")
            found[key] = self.value(self.space(at), (*path, key), depth + 1)
            at = self.next("}", "A comma or a closing brace is expected here.")
        self.at = at + 1
        return found

    def items(self, at: int, path: Path, depth: int) -> list[Any]:
        found: list[Any] = []
        at = self.space(at + 1)
        while self.text[at : at + 1] != "]":
            found.append(self.value(at, (*path, len(found)), depth + 1))
            at = self.next("]", "A comma or a closing bracket is expected here.")
        self.at = at + 1
        return found

    def next(self, end: str, message: str) -> int:
        """The index after the comma, or of `end`; a comma right before `end` is a mistake."""
        at = self.space(self.at)
        if self.text[at : at + 1] == end:
            return at
        if self.text[at : at + 1] != ",":
            raise self.wrong(message, at)
        behind = self.space(at + 1)
        if self.text[behind : behind + 1] == end:
            raise self.wrong("The last entry must not end with a comma.", at)
        return behind

    def expect(self, sign: str, message: str) -> int:
        at = self.space(self.at)
        if self.text[at : at + 1] != sign:
            raise self.wrong(message, at)
        return at + 1

    def string(self, at: int) -> str:
        try:
            found, self.at = _STRINGS.raw_decode(self.text, at)
        except JSONDecodeError as error:
            message = "This text does not end, or holds a character JSON must escape."
            raise self.wrong(message, error.pos) from None
        if any("\ud800" <= character <= "\udfff" for character in found):
            raise self.wrong("This text holds half of a character.", at)
        return str(found)

    def scalar(self, at: int) -> Any:
        for word, value in _WORDS.items():
            if self.text.startswith(word, at):
                self.at = at + len(word)
                return value
        number = _NUMBER.match(self.text, at)
        if number is None:
            raise self.wrong(self.expected(at), at)
        self.at = number.end()
        if len(number[0]) > NUMBER_CHARACTERS or math.isinf(float(number[0])):
            raise self.wrong("This number is larger than agents can hold.", at)
        is_whole = number[1] is None and number[2] is None
        return int(number[0]) if is_whole else float(number[0])

    def expected(self, at: int) -> str:
        if self.text.startswith(("//", "/*", "#"), at):
            return "Comments are not JSON; leave them out."
        return "A value is expected here: text in double quotes, a number, true, false, an object or a list."
