"""Finding secrets in a text: first the keywords of all rules in one pass, then the patterns of the rules that match."""

import string
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any, Final, NamedTuple

import ahocorasick_rs
import re2

from sync.masking.assignments import NAME_WORDS, assigned_secrets, is_placeholder
from sync.masking.rules import RULES

ASSIGNED: Final = "secret"
BLOB_CHARACTERS: Final = 64
_BASE64: Final = string.ascii_letters + string.digits + "+/="


class FoundSecret(NamedTuple):
    """`text[start:end]` is a secret; `name` is its kind, a rule's name or "secret"."""

    start: int
    end: int
    name: str


def find_secrets(text: str) -> list[FoundSecret]:
    """The secrets of a text, in their order, overlapping ones merged. Takes time linear in the text."""
    rules, names = _rules_of(text), _names_a_secret(text)
    return _merged(_all_found(text, rules, names=names)) if rules or names else []


def has_keyword(text: str) -> bool:
    """Whether any rule could apply; most texts hold none of the keywords."""
    return bool(_rules_of(text)) or _names_a_secret(text)


class _Matcher:
    """The automaton over the keywords of all rules, and the rules each keyword belongs to."""

    def __init__(self) -> None:
        keywords = sorted({keyword for rule in RULES for keyword in rule.keywords})
        self._automaton: Any = ahocorasick_rs.AhoCorasick(keywords)
        self._rules = [tuple(n for n, rule in enumerate(RULES) if word in rule.keywords) for word in keywords]
        self.patterns = [re2.compile(rule.pattern) for rule in RULES]

    def rules_of(self, text: str) -> set[int]:
        hits = self._automaton.find_matches_as_indexes(text, overlapping=True)
        if not hits:
            return set()
        return {number for word in {hit[0] for hit in hits} for number in self._rules[word]}


@cache
def _matcher() -> _Matcher:
    return _Matcher()


@cache
def _name_automaton() -> Any:
    return ahocorasick_rs.AhoCorasick(list(NAME_WORDS))


def _rules_of(text: str) -> set[int]:
    return _matcher().rules_of(text)


def _names_a_secret(text: str) -> bool:
    return bool(_name_automaton().find_matches_as_indexes(text.lower()))


def _all_found(text: str, rules: Iterable[int], *, names: bool) -> Iterator[FoundSecret]:
    patterns = _matcher().patterns
    for number in sorted(rules):
        pattern = patterns[number]
        group = 1 if pattern.groups else 0
        for match in pattern.finditer(text):
            start, end = match.start(group), match.end(group)
            if end > start and not _is_blob(text, start) and not is_placeholder(text[start:end]):
                yield FoundSecret(start, end, RULES[number].name)
    if names:
        for value in assigned_secrets(text):
            yield FoundSecret(value.start, value.end, ASSIGNED)


def _is_blob(text: str, start: int) -> bool:
    """Whether the text before `start` is a long run of base64, in which any token's form comes up by chance."""
    before = text[max(0, start - BLOB_CHARACTERS) : start]
    return len(before) == BLOB_CHARACTERS and not before.strip(_BASE64)


def _merged(found: Iterable[FoundSecret]) -> list[FoundSecret]:
    """Merge spans that overlap; the merged one keeps a rule's name before "secret", else the earlier one's name."""
    merged: list[FoundSecret] = []
    for each in sorted(found, key=lambda one: (one.start, one.name == ASSIGNED, -one.end)):
        if merged and each.start < merged[-1].end:
            last = merged[-1]
            name = each.name if last.name == ASSIGNED else last.name
            merged[-1] = FoundSecret(last.start, max(last.end, each.end), name)
        else:
            merged.append(each)
    return merged
