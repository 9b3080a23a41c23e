"""Hiding the secrets found in a text, and the unfinished end of a text that is still being written."""

from typing import Final, NamedTuple

from sync.masking.detection import find_secrets

TEXT_CHARACTERS: Final = 2 * 1024 * 1024
"""A longer text is hidden whole: checking it would take longer than a reader's request may."""
TOO_LARGE: Final = "[hidden: too large to be checked for secrets]"
UNCHECKED: Final = "too large to be checked"
# A run of these at the end could become a secret with the next characters; a word is shown once a space follows it.
# Passwords hold any sign and Latin letters; scripts that part no words by spaces are shown as they come.
_UNFINISHED: Final = "".join(map(chr, (*range(0x21, 0x7F), *range(0xA1, 0x250))))


class Masked(NamedTuple):
    """`text` with its secrets hidden, and their kinds, one for each that was hidden."""

    text: str
    kinds: tuple[str, ...] = ()

    @property
    def hidden(self) -> int:
        """How many secrets were hidden."""
        return len(self.kinds)


def mask_text(text: str, *, is_growing: bool = False) -> Masked:
    """Replace every secret by a word for its kind; with `is_growing`, the unfinished run at the end is left out.

    A text of more than TEXT_CHARACTERS becomes TOO_LARGE.
    """
    if len(text) > TEXT_CHARACTERS:
        return Masked(TOO_LARGE, (UNCHECKED,))
    found = find_secrets(text)
    end = len(text)
    if is_growing:
        end = len(text.rstrip(_UNFINISHED))
        found = [each for each in found if each.start < end]
    if not found and end == len(text):
        return Masked(text)
    pieces: list[str] = []
    place = 0
    for each in found:
        pieces += (text[place : each.start], f"[hidden: {each.name}]")
        place = each.end
    pieces.append(text[place:end])
    return Masked("".join(pieces), tuple(each.name for each in found))
