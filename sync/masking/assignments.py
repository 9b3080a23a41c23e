"""Finds values assigned to names that suggest a secret: `DB_PASSWORD=…`, `"api_key": "…"`, `--token …`.

In code a name alone proves nothing, so the value is judged too: types, calls, placeholders and words are left alone.
"""

import math
from collections import Counter
from collections.abc import Iterator
from typing import Final, NamedTuple

import re2

NAME_WORDS: Final = (
    "password",
    "passwd",
    "passphrase",
    "pwd",
    "secret",
    "token",
    "apikey",
    "api_key",
    "api-key",
    "accesskey",
    "access_key",
    "access-key",
    "privatekey",
    "private_key",
    "private-key",
    "authkey",
    "auth_key",
    "credential",
)
"""In lower case; a text without any of them is not tried against the patterns."""
_NAMES: Final = r"(?:pass(?:word|wd|phrase)|pwd|secret|token|(?:api|access|private|auth)[_-]?key|credential)"
_QUOTED: Final = re2.compile(
    rf"(?i)([A-Za-z0-9_.-]*{_NAMES}[A-Za-z0-9_-]{{0,40}})[\"'\]]{{0,2}}\s{{0,8}}(?:=>|:=|[:=])\s{{0,8}}"
    r"(?:\"([^\"\r\n]{4,400})\"|'([^'\r\n]{4,400})'|`([^`\r\n]{4,400})`)"
)
_BARE: Final = re2.compile(
    rf"(?im)(?:^|[\s;&?])(?:export\s+|set\s+)?([A-Za-z0-9_.-]*{_NAMES}[A-Za-z0-9_-]{{0,40}})\s{{0,4}}[:=]\s{{0,4}}([^\s\"'`,;&#<>()\[\]{{}}]{{6,400}})"
)
_FLAG: Final = re2.compile(
    rf"(?i)--([A-Za-z-]*{_NAMES})(?:\s+|=)[\"']?([^\s\"'`<>()\[\]{{}}$-][^\s\"'`<>()\[\]{{}}]{{5,400}})"
)
_REST: Final = re2.compile(r"[^\s\"'`,;<>]{1,400}")
_PASSWORD: Final = re2.compile(r"(?i)pass(?:word|wd|phrase)|pwd")
# A name with such an ending is a count, a name or a description of secrets, and holds none.
_HARMLESS_NAME: Final = re2.compile(
    r"(?i)(?:tokens|s?_?(?:count|limit|type|name|id|url|uri|path|file|field|label|hint|length|size|budget|expiry|expires|"
    r"expires_in|regex|pattern|policy|reset|version|prefix|hash|hashers?|min|max|class|status|error|kind|header|endpoint|"
    r"storage|usage|index|pos|position|at|ttl|env|ref|validators?|placeholder|message|title|text))$"
)
_PLACEHOLDER: Final = re2.compile(
    r"(?i)^(?:.{0,3}\$.*|.*\$\{.*|.*\{\{.*|%.*|<.*|\[.*|\(.*|x{3,}.*|\*+.*|\.{3}.*|…+.*|your[_ -].*|my[_ -].*|"
    r".*example.*|.*placeholder.*|.*change[_-]?me.*|.*redacted.*|.*hidden.*|.*dummy.*|.*todo.*|none|null|nil|true|false|undefined|"
    r"required|optional|pass|secret|token|process\.env.*|os\.environ.*|env[.:(].*|import\..*|self\..*|this\..*|settings\..*|"
    r"config\..*|[0-9]+/[a-z].*|sha(?:1|256|512)[:-].*)$"
)
_WORDS: Final = re2.compile(r"^[A-Za-z]+(?:[ _.,:!?-][A-Za-z]+)*[.!?:]?$")
_IDENTIFIER_PATH: Final = re2.compile(r"^[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+$")
# A bare value before one of these is a call, a type or a member of something.
_CODE_FOLLOWS: Final = ("(", "[", "{", "<", "`")
LONG_WORD: Final = 24
BITS_A_CHARACTER: Final = 2.5


class Assigned(NamedTuple):
    """The assigned value is `text[start:end]`."""

    start: int
    end: int


def assigned_secrets(text: str) -> Iterator[Assigned]:
    """The values to hide, in no particular order; `text` must hold one of NAME_WORDS in any case."""
    for found in _QUOTED.finditer(text):
        group = next(number for number in (2, 3, 4) if found.start(number) >= 0)
        if _is_secret(found.group(1), found.group(group), is_quoted=True):
            yield Assigned(found.start(group), found.end(group))
    for pattern in (_BARE, _FLAG):
        for found in pattern.finditer(text):
            if text[found.end(2) : found.end(2) + 1] in _CODE_FOLLOWS:
                continue
            if _is_secret(found.group(1), found.group(2), is_quoted=False):
                yield Assigned(found.start(2), _end_of(text, found.start(), found.end(2)))


def _end_of(text: str, start: int, end: int) -> int:
    """Where a bare value ends that was cut at `end`: in an address at the next parameter, elsewhere at a space."""
    if text[start : start + 1] in "?&" or text[end : end + 1] not in "&#":
        return end
    rest = _REST.match(text, end)
    return rest.end() if rest is not None else end


def _is_secret(name: str, value: str, *, is_quoted: bool) -> bool:
    if _HARMLESS_NAME.search(name) or is_placeholder(value):
        return False
    has_digit = any(character.isdigit() for character in value)
    if _PASSWORD.search(name) and is_quoted:
        # A password can be a word, but so can a form's label, which repeats what the name says.
        return " " not in value and not _PASSWORD.search(value) and (has_digit or not _WORDS.match(value))
    if _IDENTIFIER_PATH.match(value) or (not has_digit and _WORDS.match(value) and len(value) < LONG_WORD):
        return False
    if len(value) < 8 or " " in value or "/" in value[:1]:
        return False
    return (has_digit or (is_quoted and len(value) >= LONG_WORD)) and _bits_a_character(value) >= BITS_A_CHARACTER


def is_placeholder(value: str) -> bool:
    """Whether the value is only a placeholder: `${TOKEN}`, `<your key>`, `changeme`, `password`."""
    return bool(_PLACEHOLDER.match(value) or _PASSWORD.fullmatch(value)) or len(set(value)) < 4


def _bits_a_character(value: str) -> float:
    """Shannon entropy, in bits per character."""
    counts = Counter(value).values()
    return -sum(count / len(value) * math.log2(count / len(value)) for count in counts)
