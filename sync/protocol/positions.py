"""How far a reader has a session. Pure."""

from typing import Final, NamedTuple, Self

# Far beyond any session's head, and within what every database and client counts to.
SEQ_DIGITS: Final = 18


class Position(NamedTuple):
    """Every update up to `seq` of `epoch`; positions of different epochs do not compare. As text `<epoch>:<seq>`."""

    epoch: str
    seq: int

    @classmethod
    def of_texts(cls, epoch: str, seq: str) -> Self | None:
        """The position a client names; None when either text is missing or `seq` is not a number."""
        if not epoch or not (seq.isascii() and seq.isdecimal()) or len(seq) > SEQ_DIGITS:
            return None
        return cls(epoch, int(seq))

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """The position in a text `<epoch>:<seq>`; None for a text of another form."""
        epoch, _, seq = text.partition(":")
        return cls.of_texts(epoch, seq)

    def __str__(self) -> str:
        return f"{self.epoch}:{self.seq}"

    def leads_to(self, head: "Position") -> bool:
        """Whether a reader at this position can resume: the updates after it, up to `head`, are all it is missing."""
        return self.epoch == head.epoch and 0 <= self.seq <= head.seq
