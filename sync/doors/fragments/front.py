"""The front: what Django answered to one follower of a share is served to the others for a moment.

200 browsers that follow one busy session ask about once a second each, nearly all for the same entries. An answer is
reused for at most KEPT_SECONDS, so that the end of a share takes effect within a heartbeat. Followers who want newer
entries wait together for one answer of Django instead of one each.
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
from sync.protocol.fragments import KEYS_LIMIT, UNCHANGING, FragmentsRequest, fragments_request_of, query_of

log = structlog.get_logger(__name__)
Message = Mapping[str, Any]
Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

# One share's newest entries are read at most this often, for all who wait for them.
PAUSE_SECONDS: Final = 0.25
ANSWER_BYTES: Final = 4 * 1024 * 1024
MISSING_SHARES: Final = 10_000
PATH: Final = re.compile(r"/share/([A-Za-z0-9_-]{1,43})/fragments")
# The headers an answer may depend on. No cookies, and nothing else with which one follower of a round could have the
# request refused for all.
PASSED_ON: Final = frozenset({b"host", b"x-forwarded-host", b"x-forwarded-proto"})


class Clock:
    """The monotonic time in seconds, and waiting; tests pass another."""

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


_CLOCK: Final = Clock()


class _RoundKey(NamedTuple):
    """What a round is for: followers with the same share, epoch and headers can be answered by one request."""

    share_id: str
    epoch: str
    headers: tuple[tuple[bytes, bytes], ...]


class _Round:
    """The followers of one share who wait for one request to Django, for the entries any of them wants."""

    def __init__(self, epoch: str) -> None:
        self.wanted = FragmentsRequest(epoch, {})
        self.began_at = 0.0
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def join(self, requested: FragmentsRequest) -> bool:
        """Add what a follower asks for; False when that would be more keys than one request may have."""
        keys = {key: max(seq, self.wanted.keys.get(key, 0)) for key, seq in requested.keys.items()}
        if len(self.wanted.keys.keys() | keys.keys()) > KEYS_LIMIT:
            return False
        self.wanted.keys.update(keys)
        return True


class FragmentFront:
    """An ASGI application that serves fragments of shares from memory and passes all else to `pages`.

    Everything runs on one event loop.
    """

    def __init__(self, pages: Application, clock: Clock = _CLOCK) -> None:
        self._pages = pages
        self._clock = clock
        self._shares = KnownShares()
        self._read_at: OrderedDict[_RoundKey, float] = OrderedDict()
        self._rounds: dict[_RoundKey, _Round] = {}
        self._asking: set[_Kept] = set()
        self._missing: OrderedDict[str, float] = OrderedDict()
        self._readings: set[asyncio.Task[None]] = set()
        _FRONTS.add(self)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        match = PATH.fullmatch(scope["path"])
        requested = fragments_request_of(scope) if match is not None and scope["method"] == "GET" else None
        if match is None or requested is None:
            await self._pages(scope, receive, send)
            return
        share_id = match[1]
        if self._is_missing(share_id):
            request_id = new_request_id()
            await send_answer(send, denial_answer(NotFound(), request_id), request_id)
            return
        if await self._answer(share_id, requested, send, self._clock.monotonic()):
            return
        headers = tuple((name, value) for name, value in scope["headers"] if name in PASSED_ON)
        waiting = self._join(_RoundKey(share_id, requested.epoch, headers), requested, scope)
        await asyncio.shield(waiting.done)
        # Judged as of the round's start: however long it took, it is as fresh as an answer of Django's own would be.
        if await self._answer(share_id, requested, send, waiting.began_at):
            return
        if self._is_missing(share_id):
            await self(scope, receive, send)
            return
        # Refused, too large, or a seq that does not exist: Django answers this follower itself.
        await self._pages(scope, receive, send)

    def invalidate(self, *, share_id: str = "", epoch: str = "") -> None:
        """Drop an ended share, or all shares of an erased session's epoch, and answers that are being read for them."""
        for answer in self._asking:
            answer.is_outdated = answer.is_outdated or answer.share_id == share_id or answer.epoch == epoch
        self._shares.invalidate(lambda name, share: name == share_id or share.epoch == epoch)

    def _is_missing(self, share_id: str) -> bool:
        """Whether Django answered 404 for the share within KEPT_SECONDS: many such requests then delay no one else."""
        return self._clock.monotonic() < self._missing.get(share_id, 0.0) + KEPT_SECONDS

    def _join(self, place: _RoundKey, requested: FragmentsRequest, scope: Scope) -> _Round:
        """The round that will read what is requested for: the waiting one, or another when that is full."""
        found = self._rounds.get(place)
        if found is not None and found.join(requested):
            return found
        begun = self._rounds[place] = _Round(requested.epoch)
        begun.join(requested)
        reading = asyncio.create_task(self._read(place, begun, scope))
        self._readings.add(reading)
        reading.add_done_callback(self._readings.discard)
        return begun

    async def _read(self, place: _RoundKey, waiting: _Round, scope: Scope) -> None:
        """Read for all who join the round until it begins, PAUSE_SECONDS after the last one at the earliest."""
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

    async def _ask(self, place: _RoundKey, waiting: _Round, scope: Scope) -> None:
        """Ask Django as a reader who has nothing but the link, and keep the answer."""
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
            self.invalidate(share_id=place.share_id)
            self._missing[place.share_id] = self._clock.monotonic()
            if len(self._missing) > MISSING_SHARES:
                self._missing.popitem(last=False)

    async def _answer(self, share_id: str, requested: FragmentsRequest, send: Send, now: float) -> bool:
        share = self._shares.get(share_id)
        answer = share.answer(requested, now) if share is not None else None
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

    def _note(self, place: _RoundKey, now: float) -> None:
        self._read_at.pop(place, None)
        self._read_at[place] = now
        while now - next(iter(self._read_at.values())) > PAUSE_SECONDS:
            self._read_at.popitem(last=False)


class _Kept:
    """The `send` of a request to Django: collects the answer, unless it has more than ANSWER_BYTES."""

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
    """The `receive` of a request without a body: the end of the body, then nothing."""
    first = iter([{"type": "http.request", "body": b"", "more_body": False}])

    async def receive() -> dict[str, Any]:
        message = next(first, None)
        return message if message is not None else await asyncio.get_running_loop().create_future()

    return receive


_FRONTS: Final["weakref.WeakSet[FragmentFront]"] = weakref.WeakSet()


def answers_invalidate(*, share_id: str = "", epoch: str = "") -> None:
    """Drop an ended share, or all shares of an erased session's epoch, in every front of this process.

    To be called on the event loop.
    """
    for front in _FRONTS:
        front.invalidate(share_id=share_id, epoch=epoch)
