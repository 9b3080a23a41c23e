"""Finds passages of the documents that hold every word of a search; headings count most."""

from dataclasses import dataclass
from functools import cache
from typing import Final

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from opencode.web.docs.contents import every_entry
from opencode.web.docs.documents import passages_of

FOUND_MAX: Final = 20
WORDS_MAX: Final = 8
SEARCH_CHARACTERS: Final = 100
_BEFORE: Final = 60
_AROUND: Final = 180


@dataclass(frozen=True, slots=True)
class Found:
    """A passage: where it is, under which heading of which document, and its words around the first that was found."""

    url: str
    document: str
    heading: str
    excerpt: SafeString


@dataclass(frozen=True, slots=True)
class _Searched:
    url: str
    document: str
    heading: str
    text: str
    folded_title: str
    folded: str


@cache
def _passages() -> tuple[_Searched, ...]:
    found = []
    for entry in every_entry().values():
        for passage in passages_of(entry):
            url = f"/docs/{entry.address}{'#' + passage.anchor if passage.anchor else ''}"
            text = " ".join(passage.text.split())
            title = f"{entry.label} {passage.heading}".casefold()
            whole = f"{title} {text.casefold()}"
            found.append(_Searched(url, entry.label, passage.heading, text, title, whole))
    return tuple(found)


def documents_search(text: str) -> list[Found]:
    """At most FOUND_MAX, those with words in their headings first; nothing for an empty search."""
    words = text[:SEARCH_CHARACTERS].casefold().split()[:WORDS_MAX]
    if not words:
        return []
    matching = [each for each in _passages() if all(word in each.folded for word in words)]
    # Stable: among equals the order of the shelves.
    matching.sort(key=lambda each: -sum(word in each.folded_title for word in words))
    return [Found(each.url, each.document, each.heading, _excerpt(each.text, words)) for each in matching[:FOUND_MAX]]


def _excerpt(text: str, words: list[str]) -> SafeString:
    """Some of the text around the first word that is in it, the word marked."""
    folded = text.casefold()
    # Folding may lengthen a text, as of ß: then the places are a little off, and only the mark is.
    places = [(folded.find(word), len(word)) for word in words]
    start, length = min((place for place in places if place[0] >= 0), default=(0, 0))
    first = max(0, start - _BEFORE)
    last = first + _AROUND
    before, marked, after = text[first:start], text[start : start + length], text[start + length : last]
    mark = f"<mark>{escape(marked)}</mark>" if marked else ""
    lead, trail = "…" if first else "", "…" if last < len(text) else ""
    return mark_safe(f"{lead}{escape(before)}{mark}{escape(after)}{trail}")  # noqa: S308 - escaped
