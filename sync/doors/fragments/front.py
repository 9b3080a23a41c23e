"""In front of Django: what it answered to one follower of a share a moment ago is answered to the others too.

200 browsers that follow one busy session ask about once a second each, nearly all for the same entries. An answer is
given again for KEPT_SECONDS at most, so that whatever ends a share takes effect within a heartbeat, and when followers
want what is newer, they wait together for one answer of Django instead of asking for one each.
"""

import asyncio
import re
import time
import weakref
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, NamedTuple

import structlog

from opencode.lib.asgi.answers import denial_answer, send_answer
from opencode.lib.errors import NotFound
from opencode.lib.http import REQUEST_ID_HEADER, new_request_id
from sync.doors.fragments.known import KEPT_SECONDS, Headers, KnownShares
from sync.protocol.fragments import KEYS_LIMIT, UNCHANGING, Asked, asked_in, query_of

log = structlog.get_logger(__name__)
Message = Mapping[str, Any]
Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

# So often one share's newest is read at most, for all who wait for it.
PAUSE_SECONDS: Final = 0.25
ANSWER_BYTES: Final = 4 * 1024 * 1024
MISSING_SHARES: Final = 10_000
PATH: Final = re.compile(r"/share/([A-Za-z0-9_-]{1,43})/fragments")
# What an answer may depend on beside the address. Nobody's cookies, and nothing else that one of a round could send to
# have it refused for all.
PASSED_ON: Final = frozenset({b"host", b"x-forwarded-host", b"x-forwarded-proto"})


class Clock:
    """The time that passes, and waiting for it; tests pass another."""

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


_CLOCK: Final = Clock()


class _Place(NamedTuple):
    """Whoever is here can be answered by one reading."""

    share_id: str
    epoch: str
    headers: tuple[tuple[bytes, bytes], ...]


class _Round:
    """The followers of one share who wait for one reading of what any of them wants."""

    def __init__(self, epoch: str) -> None:
        self.wanted = Asked(epoch, {})
        self.began_at = 0.0
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def join(self, asked: Asked) -> bool:
        """False when it would be more than one reading takes."""
        keys = {key: max(seq, self.wanted.keys.get(key, 0)) for key, seq in asked.keys.items()}
        if len(self.wanted.keys.keys() | keys.keys()) > KEYS_LIMIT:
            return False
        self.wanted.keys.update(keys)
        return True


class FragmentFront:
    """The ASGI application `pages` with this in front; everything runs on one event loop."""

    def __init__(self, pages: Application, clock: Clock = _CLOCK) -> None:
        self._pages = pages
        self._clock = clock
        self._shares = KnownShares()
        self._read_at: OrderedDict[_Place, float] = OrderedDict()
        self._rounds: dict[_Place, _Round] = {}
        self._asking: set[_Kept] = set()
        self._missing: OrderedDict[str, float] = OrderedDict()
        self._readings: set[asyncio.Task[None]] = set()
        _FRONTS.add(self)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        match = PATH.fullmatch(scope["path"])
        asked = asked_in(scope) if match is not None and scope["method"] == "GET" else None
        if match is None or asked is None:
            await self._pages(scope, receive, send)
            return
        share_id = match[1]
        if self._is_missing(share_id):
            request_id = new_request_id()
            await send_answer(send, denial_answer(NotFound(), request_id), request_id)
            return
        if await self._answer(share_id, asked, send, self._clock.monotonic()):
            return
        headers = tuple((name, value) for name, value in scope["headers"] if name in PASSED_ON)
        waiting = self._join(_Place(share_id, asked.epoch, headers), asked, scope)
        await asyncio.shield(waiting.done)
        # However long it took, it is as fresh as an answer of Django's own would be.
        if await self._answer(share_id, asked, send, waiting.began_at):
            return
        if self._is_missing(share_id):
            await self(scope, receive, send)
            return
        # Refused, too large, or a number that never was: as if there were nothing in front.
        await self._pages(scope, receive, send)

    def forget(self, *, share_id: str = "", epoch: str = "") -> None:
        """Let go of an ended share, or of the shares of an erased session, and of what is being read."""
        for answer in self._asking:
            answer.is_outdated = answer.is_outdated or answer.share_id == share_id or answer.epoch == epoch
        self._shares.forget(lambda name, share: name == share_id or share.epoch == epoch)

    def _is_missing(self, share_id: str) -> bool:
        """Whether there was no such share a moment ago; nobody who asks for many of them makes anybody else wait."""
        return self._clock.monotonic() < self._missing.get(share_id, 0.0) + KEPT_SECONDS

    def _join(self, place: _Place, asked: Asked, scope: Scope) -> _Round:
        """The round that will read what is asked: the next one, or another when that is full."""
        found = self._rounds.get(place)
        if found is not None and found.join(asked):
            return found
        begun = self._rounds[place] = _Round(asked.epoch)
        begun.join(asked)
        reading = asyncio.create_task(self._read(place, begun, scope))
        self._readings.add(reading)
        reading.add_done_callback(self._readings.discard)
        return begun

    async def _read(self, place: _Place, waiting: _Round, scope: Scope) -> None:
        """For all who join until then, not sooner after the last time than PAUSE_SECONDS."""
        try:
            pause = self._read_at.get(place, 0.0) + PAUSE_SECONDS - self._clock.monotonic()
            if pause > 0:
                await self._clock.sleep(pause)
        finally:
            if self._rounds.get(place) is waiting:
                del self._rounds[place]
        try:
            waiting.began_at = self._clock.monotonic()
            self._note(place, waiting.began_at)
            await self._ask(place, waiting, scope)
        except Exception:
            log.exception("fragments_not_read")
        finally:
            waiting.done.set_result(None)

    async def _ask(self, place: _Place, waiting: _Round, scope: Scope) -> None:
        """As somebody who has nothing but the link."""
        wanted = waiting.wanted
        answer = _Kept(place.share_id, wanted.epoch)
        self._asking.add(answer)
        try:
            asking = {**scope, "query_string": query_of(wanted), "headers": list(place.headers)}
            await self._pages(asking, _nothing_more(), answer)
        finally:
            self._asking.discard(answer)
        self._note(place, self._clock.monotonic())
        if answer.status == 200 and not answer.is_outdated:
            self._shares.learn(place.share_id, wanted, b"".join(answer.body), answer.headers, waiting.began_at)
        elif answer.status == 404:
            self.forget(share_id=place.share_id)
            self._missing[place.share_id] = self._clock.monotonic()
            if len(self._missing) > MISSING_SHARES:
                self._missing.popitem(last=False)

    async def _answer(self, share_id: str, asked: Asked, send: Send, now: float) -> bool:
        share = self._shares.get(share_id)
        answer = share.answer(asked, now) if share is not None else None
        if share is None or answer is None:
            return False
        body, is_exact = answer
        headers = [
            *share.headers,
            (b"cache-control", UNCHANGING.encode() if is_exact else b"no-store"),
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

    def __init__(self, share_id: str, epoch: str) -> None:
        self.share_id, self.epoch = share_id, epoch
        self.is_outdated = False
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


_FRONTS: Final["weakref.WeakSet[FragmentFront]"] = weakref.WeakSet()


def answers_forget(*, share_id: str = "", epoch: str = "") -> None:
    """In every front of this process; on its event loop."""
    for front in _FRONTS:
        front.forget(share_id=share_id, epoch=epoch)
