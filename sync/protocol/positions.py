"""How far somebody has a session. Pure."""

from typing import Final, NamedTuple, Self

# Far beyond any session's head, and within what every database and client counts to.
SEQ_DIGITS: Final = 18


class Position(NamedTuple):
    """Every update up to `seq`, in `epoch`: the numbers of another epoch say nothing. As text `<epoch>:<seq>`."""

    epoch: str
    seq: int

    @classmethod
    def of_texts(cls, epoch: str, seq: str) -> Self | None:
        """What a client names; None when either is missing or `seq` is no number."""
        if not epoch or not (seq.isascii() and seq.isdecimal()) or len(seq) > SEQ_DIGITS:
            return None
        return cls(epoch, int(seq))

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """None for a text that names no position."""
        epoch, _, seq = text.partition(":")
        return cls.of_texts(epoch, seq)

    def __str__(self) -> str:
        return f"{self.epoch}:{self.seq}"

    def leads_to(self, head: "Position") -> bool:
        """Whether what follows this, up to `head`, is all a reader with this is missing."""
        return self.epoch == head.epoch and 0 <= self.seq <= head.seq
