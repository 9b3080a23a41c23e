"""In front of Django: what it answered to one follower of a share a moment ago is answered to the others too.

200 browsers that follow one busy session ask about once a second each, nearly all for the same entries. An answer is
given again for KEPT_SECONDS at most, so that whatever ends a share takes effect within a heartbeat, and when followers
want what is newer, they wait together for one answer of Django instead of asking for one each.
"""

import asyncio
import logging
import re
import time
import weakref
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, Final, NamedTuple
from urllib.parse import parse_qsl, urlencode

import msgspec

from opencode.lib.http import REQUEST_ID_HEADER, new_request_id
from sync.protocol.keys import parse_key

log = logging.getLogger(__name__)
Message = Mapping[str, Any]
Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]
Headers = Iterable[tuple[bytes, bytes]]

KEPT_SECONDS: Final = 2.0
# So often one share's newest is read at most, for all who wait for it.
PAUSE_SECONDS: Final = 0.25
# As many as the view takes.
READING_KEYS: Final = 100
KEPT_BYTES: Final = 32 * 1024 * 1024
ANSWER_BYTES: Final = 4 * 1024 * 1024
PATH: Final = re.compile(r"/share/([A-Za-z0-9_-]+)/fragments")
# Whatever else an answer says, cookies above all, is for the one who asked.
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
EXACT: Final = b"private, max-age=3600, immutable"


class _Answer(msgspec.Struct):
    epoch: str
    head: int
    header: msgspec.Raw
    fragments: list[msgspec.Raw]


class _Name(msgspec.Struct):
    key: str
    seq: int


class _Asked(NamedTuple):
    epoch: str
    keys: dict[str, int]


class _Place(NamedTuple):
    share_id: str
    epoch: str


class _Piece(NamedTuple):
    """A fragment's JSON, or nothing where the entry shows nothing, as it stood at `read_at`."""

    seq: int
    text: bytes
    read_at: float


_decode_answer = msgspec.json.Decoder(_Answer).decode
_decode_name = msgspec.json.Decoder(_Name).decode


class _Share:
    """What is known of one share's session."""

    def __init__(self, epoch: str) -> None:
        self.epoch = epoch
        self.head = -1
        self.header = b""
        self.headers: list[tuple[bytes, bytes]] = []
        self.pieces: dict[str, _Piece] = {}
        self.read_at = 0.0
        self.bytes = 0

    def learn(self, asked: _Asked, answer: _Answer, headers: Headers, read_at: float) -> None:
        if answer.head >= self.head:
            self.head, self.header = answer.head, bytes(answer.header)
        self.headers = [(name, value) for name, value in headers if name.lower() in FOR_EVERYONE]
        self.read_at = max(self.read_at, read_at)
        # An entry that shows nothing is not in the answer, which knows of everything up to the head.
        shown = {key: _Piece(min(seq, answer.head), b"", read_at) for key, seq in asked.keys.items()}
        for text in answer.fragments:
            name = _decode_name(text)
            shown[name.key] = _Piece(name.seq, bytes(text), read_at)
        for key, piece in shown.items():
            if key not in self.pieces or self.pieces[key].seq <= piece.seq:
                self.pieces[key] = piece
        self.pieces = {key: piece for key, piece in self.pieces.items() if read_at - piece.read_at < KEPT_SECONDS}
        self.bytes = len(self.header) + sum(200 + len(key) + len(piece.text) for key, piece in self.pieces.items())

    def answer(self, asked: _Asked, now: float) -> tuple[bytes, bool] | None:
        """The body, and whether each entry is the very one that was asked for; None when this does not know it all."""
        if asked.epoch != self.epoch:
            return None
        found = []
        is_exact = True
        for key, seq in asked.keys.items():
            piece = self.pieces.get(key)
            if piece is None or piece.seq < seq or now - piece.read_at >= KEPT_SECONDS:
                return None
            found.append(piece)
            is_exact = is_exact and piece.seq == seq and piece.text != b""
        found.sort(key=lambda piece: piece.seq)
        fragments = b",".join(piece.text for piece in found if piece.text)
        start = b'{"epoch":"%b","head":%d,"header":%b,' % (self.epoch.encode(), self.head, self.header)
        return start + b'"fragments":[' + fragments + b"]}", is_exact


class _Shares:
    """By share id, the longest unread first; bounded in bytes."""

    def __init__(self) -> None:
        self._shares: OrderedDict[str, _Share] = OrderedDict()
        self._bytes = 0

    def get(self, share_id: str) -> _Share | None:
        return self._shares.get(share_id)

    def learn(self, share_id: str, asked: _Asked, body: bytes, headers: Headers, read_at: float) -> None:
        answer = _decode_answer(body)
        share = self._take(share_id)
        if answer.epoch != asked.epoch:
            # Another history, or a question about one that never was: only what is current stays.
            if share is not None and share.epoch == answer.epoch:
                self._put(share_id, share)
        else:
            share = share if share is not None and share.epoch == answer.epoch else _Share(answer.epoch)
            share.learn(asked, answer, headers, read_at)
            self._put(share_id, share)
        self._bound(read_at)

    def forget(self, is_gone: Callable[[str, _Share], bool]) -> None:
        for share_id in [share_id for share_id, share in self._shares.items() if is_gone(share_id, share)]:
            self._take(share_id)

    def _take(self, share_id: str) -> _Share | None:
        share = self._shares.pop(share_id, None)
        self._bytes -= share.bytes if share is not None else 0
        return share

    def _put(self, share_id: str, share: _Share) -> None:
        self._shares[share_id] = share
        self._bytes += share.bytes

    def _bound(self, now: float) -> None:
        while self._shares:
            share_id, oldest = next(iter(self._shares.items()))
            if self._bytes <= KEPT_BYTES and now - oldest.read_at < KEPT_SECONDS:
                break
            self._take(share_id)


class _Round:
    """The followers of one share who wait for one reading of what any of them wants."""

    def __init__(self, epoch: str) -> None:
        self.wanted = _Asked(epoch, {})
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def join(self, asked: _Asked) -> bool:
        """False when it would be more than one reading takes."""
        keys = {key: max(seq, self.wanted.keys.get(key, 0)) for key, seq in asked.keys.items()}
        if len(self.wanted.keys.keys() | keys.keys()) > READING_KEYS:
            return False
        self.wanted.keys.update(keys)
        return True


class FragmentFront:
    """The ASGI application `pages` with this in front; everything runs on one event loop."""

    def __init__(self, pages: Application) -> None:
        self._pages = pages
        self._shares = _Shares()
        self._read_at: OrderedDict[_Place, float] = OrderedDict()
        self._rounds: dict[_Place, _Round] = {}
        self._readings: set[asyncio.Task[None]] = set()
        _FRONTS.add(self)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        match = PATH.fullmatch(scope["path"])
        asked = _asked(scope) if match is not None and scope["method"] == "GET" else None
        if match is None or asked is None:
            await self._pages(scope, receive, send)
            return
        share_id = match[1]
        if await self._answer(share_id, asked, send):
            return
        waiting = self._join(_Place(share_id, asked.epoch), asked, scope)
        if waiting is not None:
            await asyncio.shield(waiting.done)
            if await self._answer(share_id, asked, send):
                return
        # Refused, too large, or a number that never was: as if there were nothing in front.
        await self._pages(scope, receive, send)

    def forget(self, *, share_id: str = "", epoch: str = "") -> None:
        """Let go of an ended share, or of the shares of an erased session."""
        self._shares.forget(lambda name, share: name == share_id or share.epoch == epoch)

    def _join(self, place: _Place, asked: _Asked, scope: Scope) -> _Round | None:
        """The round that will read what is asked; None when it has no room."""
        found = self._rounds.get(place)
        if found is not None:
            return found if found.join(asked) else None
        begun = self._rounds[place] = _Round(asked.epoch)
        begun.join(asked)
        reading = asyncio.create_task(self._read(place, begun, scope))
        self._readings.add(reading)
        reading.add_done_callback(self._readings.discard)
        return begun

    async def _read(self, place: _Place, waiting: _Round, scope: Scope) -> None:
        """For all who join until then, not sooner after the last time than PAUSE_SECONDS."""
        try:
            pause = self._read_at.get(place, 0.0) + PAUSE_SECONDS - time.monotonic()
            if pause > 0:
                await asyncio.sleep(pause)
        finally:
            del self._rounds[place]
        try:
            await self._ask(place, waiting.wanted, scope)
        except Exception:
            log.exception("fragments_not_read", extra={"share": place.share_id})
        finally:
            waiting.done.set_result(None)

    async def _ask(self, place: _Place, wanted: _Asked, scope: Scope) -> None:
        """As somebody who has nothing but the link."""
        query = urlencode([("epoch", wanted.epoch), *(("k", f"{key}:{seq}") for key, seq in wanted.keys.items())])
        headers = [(name, value) for name, value in scope["headers"] if name not in {b"cookie", b"authorization"}]
        answer = _Kept()
        began = time.monotonic()
        await self._pages({**scope, "query_string": query.encode(), "headers": headers}, _nothing_more(), answer)
        self._note(place, time.monotonic())
        if answer.status == 200:
            self._shares.learn(place.share_id, wanted, b"".join(answer.body), answer.headers, began)
        elif answer.status == 404:
            self.forget(share_id=place.share_id)

    async def _answer(self, share_id: str, asked: _Asked, send: Send) -> bool:
        share = self._shares.get(share_id)
        answer = share.answer(asked, time.monotonic()) if share is not None else None
        if share is None or answer is None:
            return False
        body, is_exact = answer
        headers = [
            *share.headers,
            (b"cache-control", EXACT if is_exact else b"no-store"),
            (b"content-length", b"%d" % len(body)),
            (REQUEST_ID_HEADER.lower().encode(), new_request_id().encode()),
        ]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})
        return True

    def _note(self, place: _Place, now: float) -> None:
        self._read_at.pop(place, None)
        self._read_at[place] = now
        while now - next(iter(self._read_at.values())) > PAUSE_SECONDS:
            self._read_at.popitem(last=False)


class _Kept:
    """Takes an answer, unless it is too large to be kept."""

    def __init__(self) -> None:
        self._left = ANSWER_BYTES
        self.status = 0
        self.headers: Headers = ()
        self.body: list[bytes] = []

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status, self.headers = message["status"], message["headers"]
        elif message["type"] == "http.response.body":
            self.body.append(message.get("body", b""))
            self._left -= len(self.body[-1])
            if self._left < 0:
                self.status, self.body = 0, []


def _nothing_more() -> Receive:
    """What a request without a body receives: its end, then nothing for as long as it lasts."""
    first = iter([{"type": "http.request", "body": b"", "more_body": False}])

    async def receive() -> dict[str, Any]:
        message = next(first, None)
        return message if message is not None else await asyncio.get_running_loop().create_future()

    return receive


def _asked(scope: Scope) -> _Asked | None:
    """What the address asks for; None for whatever is odd, which the view judges."""
    try:
        items = parse_qsl(scope["query_string"].decode("ascii"), keep_blank_values=True, strict_parsing=True)
    except ValueError:
        return None
    epochs = [value for name, value in items if name == "epoch"]
    keys: dict[str, int] = {}
    for value in [value for name, value in items if name == "k"]:
        key, _, seq = value.rpartition(":")
        if parse_key(key) is None or not (seq.isascii() and seq.isdecimal() and len(seq) <= 18):
            return None
        keys[key] = int(seq)
    is_plain = len(epochs) == 1 and 0 < len(keys) <= READING_KEYS and len(items) == 1 + len(keys)
    return _Asked(epochs[0], keys) if is_plain else None


_FRONTS: "weakref.WeakSet[FragmentFront]" = weakref.WeakSet()


def answers_forget(*, share_id: str = "", epoch: str = "") -> None:
    """In every front of this process; on its event loop."""
    for front in _FRONTS:
        front.forget(share_id=share_id, epoch=epoch)
