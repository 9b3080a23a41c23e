"""The six disjoint classes of a request's tokens, each with its own price."""

from dataclasses import dataclass
from typing import Final

INPUT_CLASSES: Final = ("input", "cache_read", "cache_write_5m", "cache_write_1h")
OUTPUT_CLASSES: Final = ("output", "reasoning")
TOKEN_CLASSES: Final = INPUT_CLASSES + OUTPUT_CLASSES


@dataclass(frozen=True, slots=True)
class Tokens:
    """Token counts by class, none negative. `input` excludes cached tokens, `output` excludes reasoning.

    `cache_write_5m` holds short-lived cache writes of any provider, `cache_write_1h` long-lived ones.
    """

    input: int = 0
    cache_read: int = 0
    cache_write_5m: int = 0
    cache_write_1h: int = 0
    output: int = 0
    reasoning: int = 0

    @property
    def prompt(self) -> int:
        """All tokens the model read, cached ones included."""
        return self.input + self.cache_read + self.cache_write_5m + self.cache_write_1h

    def by_class(self) -> dict[str, int]:
        return dict(zip(TOKEN_CLASSES, self.counts(), strict=True))

    def counts(self) -> tuple[int, int, int, int, int, int]:
        """In the order of TOKEN_CLASSES."""
        return (
            self.input,
            self.cache_read,
            self.cache_write_5m,
            self.cache_write_1h,
            self.output,
            self.reasoning,
        )

    def __add__(self, other: "Tokens") -> "Tokens":
        return Tokens(*(mine + theirs for mine, theirs in zip(self.counts(), other.counts(), strict=True)))
