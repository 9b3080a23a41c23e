"""Texts and queries as the words of the full-text index: letters a to z and digits alone, whatever was written. Pure.

Both engines part such words alike, and take none of them for an operator or a word to leave out:

- `x` and a word in lower case, without accents; identifiers and paths also in their parts.
- `u` and four characters for each one of a word in another script. Of scripts that part no words by spaces, pairs of
  neighbours; so a query of two characters finds them, and one of a single character their beginnings.
- `w` and a workspace's id.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import Final, NamedTuple

WORD_CHARACTERS: Final = 40
"""Longer words are indexed by their first ones."""
LONGEST_WORD: Final = 64
"""What is longer is no word: a hash, a key, a picture."""
OTHER_SCRIPT_CHARACTERS: Final = 19
QUERY_WORDS: Final = 8
PREFIX_CHARACTERS: Final = 3
"""Shorter words are found whole only: half of all words begin with a given pair of letters."""
_RUN: Final = re.compile(r"[^\W_]+")
_HUMP: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
# Han, kana, hangul; Thai, Lao, Myanmar, Khmer.
_UNSPACED: Final = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff]+"
)
_DIGITS: Final = "0123456789abcdefghijklmnopqrstuvwxyz"
# In every text, so that they find nothing in particular.
# In every text, so that they find nothing in particular.
_COMMON: Final = (
    "an and are as at be but by can do for from has have how if in into is it its my no not of on or our so than that "
    "the their then there these they this to us was we were what when where which who will with would you your"
)
COMMON: Final = frozenset(_COMMON.split())


class QueryWord(NamedTuple):
    """A word of the index; with `is_prefix` also the beginning of longer ones."""

    word: str
    is_prefix: bool


def workspace_word(workspace_id: str) -> str:
    """The word that every session of the workspace has, and no other."""
    return "w" + re.sub(r"[^0-9a-z]", "", workspace_id.lower())


def text_words(text: str) -> Iterator[str]:
    """The words of a text in its order, with repeats."""
    for run in _RUN.findall(_folded(text)):
        if len(run) <= LONGEST_WORD:
            yield from _index_words(run)


def query_words(text: str) -> tuple[QueryWord, ...]:
    """The words to look for, QUERY_WORDS at most; the last part of each identifier may go on.

    Words that every text has are left out. Empty when nothing is left.
    """
    found: dict[QueryWord, None] = {}
    for run in _RUN.findall(_folded(text)):
        found.update(dict.fromkeys(_query_words(run)))
        if len(found) >= QUERY_WORDS:
            break
    return tuple(found)[:QUERY_WORDS]


def _folded(text: str) -> str:
    """Without accents, and with compatible characters (ligatures, full width) as the plain ones; case is kept."""
    if text.isascii():
        return text
    apart = unicodedata.normalize("NFKD", text).replace("ß", "ss").replace("ẞ", "SS")
    return unicodedata.normalize("NFC", "".join(char for char in apart if unicodedata.category(char) != "Mn"))


@lru_cache(maxsize=20_000)
def _index_words(run: str) -> tuple[str, ...]:
    if not run.isascii():
        return tuple(_other_words(run))
    parts = _HUMP.split(run)
    words = [run, *parts] if len(parts) > 1 else [run]
    lowered = (word.lower() for word in words)
    return tuple(f"x{word[:WORD_CHARACTERS]}" for word in lowered if len(word) > 1 and word not in COMMON)


def _other_words(run: str) -> Iterator[str]:
    place = 0
    for unspaced in _UNSPACED.finditer(run):
        yield from _spaced_words(run[place : unspaced.start()])
        chars = unspaced.group()
        yield from (_coded(chars[at : at + 2]) for at in range(len(chars)))
        place = unspaced.end()
    yield from _spaced_words(run[place:])


def _spaced_words(run: str) -> Iterator[str]:
    if run.isascii():
        yield from _index_words(run)
    elif len(run) > 1:
        yield _coded(run.casefold()[:OTHER_SCRIPT_CHARACTERS])


def _query_words(run: str) -> Iterator[QueryWord]:
    if len(run) > LONGEST_WORD:
        return
    words = list(_index_words(run))
    if run.isascii():
        parts = words[1:] if len(_HUMP.split(run)) > 1 else words
        last = len(parts) - 1
        yield from (QueryWord(word, at == last and len(word) > PREFIX_CHARACTERS) for at, word in enumerate(parts))
        return
    if len(words) > 1 and _UNSPACED.search(run[-1]):
        # The last character by itself is in no other place than the pair before it.
        words.pop()
    yield from (QueryWord(word, at == len(words) - 1) for at, word in enumerate(words))


def _coded(chars: str) -> str:
    return "u" + "".join(_code(ord(char)) for char in chars)


def _code(point: int) -> str:
    digits = ""
    for _ in range(4):
        point, digit = divmod(point, 36)
        digits = _DIGITS[digit] + digits
    return digits
