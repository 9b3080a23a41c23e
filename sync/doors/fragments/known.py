"""What Django answered moments ago, by share: which entries, at which seq, read when."""

from collections import OrderedDict
from collections.abc import Callable, Iterable
from typing import Final, NamedTuple

import msgspec

from sync.protocol.fragments import FragmentsRequest

Headers = Iterable[tuple[bytes, bytes]]

KEPT_SECONDS: Final = 2.0
KEPT_BYTES: Final = 32 * 1024 * 1024
# All other headers of an answer, cookies above all, are for the client who requested.
FOR_EVERYONE: Final = frozenset(
    {
        b"content-type",
        b"content-security-policy",
        b"cross-origin-opener-policy",
        b"cross-origin-resource-policy",
        b"permissions-policy",
        b"referrer-policy",
        b"strict-transport-security",
        b"vary",
        b"x-content-type-options",
        b"x-frame-options",
    }
)


class _Answer(msgspec.Struct):
    epoch: str
    head: int
    header: msgspec.Raw
    fragments: list[msgspec.Raw]


class _Name(msgspec.Struct):
    key: str
    seq: int
    plain: bool = False


class _Piece(NamedTuple):
    """A fragment's JSON as it was at `read_at` (monotonic seconds), empty where the entry shows nothing.

    While it `is_plain` its final HTML is still to come: it is served for KEPT_SECONDS, and browsers may not cache it.
    """

    seq: int
    text: bytes
    read_at: float
    is_plain: bool = False


_decode_answer = msgspec.json.Decoder(_Answer).decode
_decode_name = msgspec.json.Decoder(_Name).decode


class KnownShare:
    """The fragments known of one share's session."""

    def __init__(self, epoch: str) -> None:
        self.epoch = epoch
        self.head = -1
        self.header = b""
        self.headers: list[tuple[bytes, bytes]] = []
        self.pieces: dict[str, _Piece] = {}
        self.read_at = 0.0
        self.bytes = 0

    def learn(self, requested: FragmentsRequest, answer: _Answer, headers: Headers, read_at: float) -> None:
        if answer.head >= self.head:
            self.head, self.header = answer.head, bytes(answer.header)
        self.headers = [(name, value) for name, value in headers if name.lower() in FOR_EVERYONE]
        self.read_at = max(self.read_at, read_at)
        # The answer covers everything up to its head: an entry that is requested for and not in it shows nothing.
        shown = {key: _Piece(min(seq, answer.head), b"", read_at) for key, seq in requested.keys.items()}
        for text in answer.fragments:
            name = _decode_name(text)
            shown[name.key] = _Piece(name.seq, bytes(text), read_at, name.plain)
        for key, piece in shown.items():
            if key not in self.pieces or self.pieces[key].seq <= piece.seq:
                self.pieces[key] = piece
        self.pieces = {key: piece for key, piece in self.pieces.items() if read_at - piece.read_at < KEPT_SECONDS}
        self.bytes = len(self.header) + sum(200 + len(key) + len(piece.text) for key, piece in self.pieces.items())

    def answer(self, requested: FragmentsRequest, now: float) -> tuple[bytes, bool] | None:
        """The answer's JSON, and whether every entry is at the seq requested for; None when some fragment is not known.

        Only an exact answer may be cached by browsers. `now` is in monotonic seconds.
        """
        if requested.epoch != self.epoch:
            return None
        found = []
        is_exact = True
        for key, seq in requested.keys.items():
            piece = self.pieces.get(key)
            if piece is None or piece.seq < seq or now - piece.read_at >= KEPT_SECONDS:
                return None
            found.append(piece)
            is_exact = is_exact and piece.seq == seq and piece.text != b"" and not piece.is_plain
        found.sort(key=lambda piece: piece.seq)
        fragments = b",".join(piece.text for piece in found if piece.text)
        start = b'{"epoch":"%b","head":%d,"header":%b,' % (self.epoch.encode(), self.head, self.header)
        return start + b'"fragments":[' + fragments + b"]}", is_exact


class KnownShares:
    """Known shares by id, the one read longest ago first; bounded by KEPT_BYTES and KEPT_SECONDS."""

    def __init__(self) -> None:
        self._shares: OrderedDict[str, KnownShare] = OrderedDict()
        self._bytes = 0

    def get(self, share_id: str) -> KnownShare | None:
        return self._shares.get(share_id)

    def learn(self, share_id: str, requested: FragmentsRequest, body: bytes, headers: Headers, read_at: float) -> None:
        answer = _decode_answer(body)
        share = self._take(share_id)
        if answer.epoch != requested.epoch:
            # The session has another epoch than was requested: what is known stays only if it is of the current one.
            if share is not None and share.epoch == answer.epoch:
                self._put(share_id, share)
        else:
            share = share if share is not None and share.epoch == answer.epoch else KnownShare(answer.epoch)
            share.learn(requested, answer, headers, read_at)
            self._put(share_id, share)
        self._bound(read_at)

    def invalidate(self, is_gone: Callable[[str, KnownShare], bool]) -> None:
        for share_id in [share_id for share_id, share in self._shares.items() if is_gone(share_id, share)]:
            self._take(share_id)

    def _take(self, share_id: str) -> KnownShare | None:
        share = self._shares.pop(share_id, None)
        self._bytes -= share.bytes if share is not None else 0
        return share

    def _put(self, share_id: str, share: KnownShare) -> None:
        self._shares[share_id] = share
        self._bytes += share.bytes

    def _bound(self, now: float) -> None:
        while self._shares:
            share_id, oldest = next(iter(self._shares.items()))
            if self._bytes <= KEPT_BYTES and now - oldest.read_at < KEPT_SECONDS:
                break
            self._take(share_id)
