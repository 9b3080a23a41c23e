"""A session as a document of the index: its distinct words, within bounds, without what looks like a secret. Pure.

What is most telling comes first, so that a long session loses words of its answers and no title. Of each kind the words
said last stay.
"""

import re
from collections.abc import Iterable
from typing import Final

from sync.masking import mask_text
from sync.search.texts import Kind, Role, Said, entry_texts
from sync.search.words import text_words, workspace_word

DOCUMENT_CHARACTERS: Final = 16 * 1024
TEXT_CHARACTERS: Final = 20_000
"""Of one text its beginning."""
END_CHARACTERS: Final = 600
"""Of one whose end tells most."""
SESSION_CHARACTERS: Final = 2_000_000
"""Of all its texts: about 0.2 s of work."""
_MASK: Final = re.compile(r"\[hidden: [^\]]{0,80}\]")
# What a kind may take of the document before the others had their turn.
_SHARES: Final = {Kind.TITLE: 1_024, Kind.TYPED: 5_120, Kind.FILE: 3_072, Kind.COMMAND: 2_048, Kind.ERROR: 1_024}


class SessionDocument:
    """Takes a session's entries in any order."""

    def __init__(self) -> None:
        self._said: list[Said] = []
        self._people: dict[str, bool] = {}
        self._left = SESSION_CHARACTERS

    def put(self, key: str, content: str) -> None:
        """`content` is the entry's JSON text, empty for a removed one."""
        for each in entry_texts(key, content) if self._left > 0 else ():
            if isinstance(each, Role):
                self._people[each.message_id] = each.is_person
            elif each.text:
                self._said.append(each._replace(text=_readable(each)))
                self._left -= len(each.text)

    def words(self, workspace_id: str) -> str:
        """The document: words parted by spaces, DOCUMENT_CHARACTERS at most; the workspace's word is always there."""
        by_kind: dict[Kind, dict[str, None]] = {kind: {} for kind in Kind}
        for said in self._said:
            words = by_kind[self._kind(said)]
            for word in text_words(said.text):
                # Anew, so that it stands behind those that were said before it.
                words.pop(word, None)
                words[word] = None
        return " ".join(_chosen(workspace_word(workspace_id), by_kind))

    def _kind(self, said: Said) -> Kind:
        if said.kind is not Kind.TEXT:
            return said.kind
        return Kind.TYPED if self._people.get(said.message_id) else Kind.ANSWER


def session_words(workspace_id: str, entries: Iterable[tuple[str, str]]) -> str:
    """The document of a session's (key, content) pairs."""
    document = SessionDocument()
    for key, content in entries:
        document.put(key, content)
    return document.words(workspace_id)


def _readable(said: Said) -> str:
    """Masked before it is cut: half a secret is not known as one."""
    text = _MASK.sub(" ", mask_text(said.text).text)
    return text[-END_CHARACTERS:] if said.is_end else text[:TEXT_CHARACTERS]


def _chosen(first: str, by_kind: dict[Kind, dict[str, None]]) -> list[str]:
    chosen = {first: None}
    left = DOCUMENT_CHARACTERS - len(first)
    for is_second_turn in (False, True):
        for kind, words in by_kind.items():
            share = left if is_second_turn else min(left, _SHARES.get(kind, left if kind is Kind.ANSWER else 0))
            for word in reversed(words):
                if word in chosen:
                    continue
                share -= len(word) + 1
                if share < 0:
                    break
                left -= len(word) + 1
                chosen[word] = None
    return list(chosen)
