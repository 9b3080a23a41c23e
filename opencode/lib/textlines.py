"""One line of visible text: control characters would let a name pose as something else in lists, mails and logs."""

from typing import Final

UNSEEN: Final = "Use letters, digits, spaces and visible symbols."


def one_line(text: str) -> str:
    """The text without white space around it, and with one space between two words."""
    return " ".join(text.split())


def is_visible(text: str) -> bool:
    return all(character.isprintable() for character in text)


def visible_part(text: str) -> str:
    """The visible part of an untrusted text, on one line."""
    return one_line("".join(character if character.isprintable() else " " for character in one_line(text)))
