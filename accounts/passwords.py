"""Refuses passwords that are easy to guess: known from breaches, or made of known words and patterns.

The lists (30,000 passwords from breaches, words, names, keyboard walks) come with the package zxcvbn, which also finds
them reversed, with `3` for `e`, and with a year or two behind them; no server is queried.
"""

from typing import Any, Final

from django.core.exceptions import ValidationError

LEAST_SCORE: Final = 3
"""zxcvbn's score, 0 to 4; 3 takes over 10^8 guesses: out of reach where guessing is limited to ten a minute."""
READ_CHARACTERS: Final = 72


class GuessablePasswordValidator:
    def validate(self, password: str, user: Any = None) -> None:
        """Raises ValidationError with what makes the password weak."""
        from zxcvbn import zxcvbn  # it loads 90,000 words, so only where it is needed

        found = zxcvbn(password[:READ_CHARACTERS], user_inputs=self._known_of(user), max_length=READ_CHARACTERS)
        if found["score"] < LEAST_SCORE:
            hint = found["feedback"]["warning"] or "Add another word or two; uncommon ones are better."
            raise ValidationError(f"This password is easy to guess. {hint}", code="password_guessable")

    def get_help_text(self) -> str:
        return "Your password can't be one that is known from a breach or easily put together."

    @staticmethod
    def _known_of(user: Any) -> list[str]:
        known = [getattr(user, "email", ""), getattr(user, "name", ""), "opencode", "console"]
        return [word for text in known for word in (text, *text.replace("@", " ").replace(".", " ").split()) if word]
