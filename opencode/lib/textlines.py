"""One line of visible text: control characters would let a name pose as something else in lists, mails and logs."""

from typing import Final

UNSEEN: Final = "Use letters, digits, spaces and visible symbols."


def one_line(text: str) -> str:
    """Without spaces around it, and one between two words."""
    return " ".join(text.split())


def is_visible(text: str) -> bool:
    return all(character.isprintable() for character in text)


def visible_part(text: str) -> str:
    """What can be seen of a text from elsewhere, in one line."""
    return one_line("".join(character if character.isprintable() else " " for character in one_line(text)))
