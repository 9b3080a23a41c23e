"""Many followers of one share cost few answers of Django, and nobody is given what is old, or another's."""

import asyncio
import json
from typing import Any
from urllib.parse import urlencode

import pytest

from sync.doors.fragments import FragmentFront, answers_invalidate, known
from sync.doors.fragments import front as front_module
from sync.doors.fragments.front import PAUSE_SECONDS, Clock
from sync.doors.fragments.known import KEPT_SECONDS

EPOCH = "e1"
PART = "session/part/ses_1/msg_1/prt_1"
OTHER = "session/part/ses_1/msg_1/prt_2"
INFO = "session/info/ses_1"


class ToldClock(Clock):
    """Time that passes when told, and while somebody sleeps."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds
        await asyncio.sleep(0)


@pytest.fixture
def clock() -> ToldClock:
    return ToldClock()


class Pages:
    """Stands for Django: a session's newest fragments, and how often it was asked for them."""

    def __init__(self) -> None:
        self.epoch = EPOCH
        self.entries = {PART: (4, "<p>four</p>"), OTHER: (5, "<p>five</p>")}
        self.status = 200
        self.asked: list[str] = []
        self.headers: list[list[tuple[bytes, bytes]]] = []
        self.fails = False
        self.is_plain = False
        self.reached = asyncio.Event()
        self.goes_on = asyncio.Event()
        self.goes_on.set()

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        query = scope["query_string"].decode()
        self.asked.append(query)
        self.headers.append(scope["headers"])
        self.reached.set()
        state, goes_on = dict(self.entries), self.goes_on
        await asyncio.sleep(0)
        await goes_on.wait()
        if self.fails:
            raise RuntimeError("the view broke")
        fragments = [
            {"key": key, "seq": seq, "kind": "part", "html": html, "parent": None, "order": key, "plain": self.is_plain}
            for key, (seq, html) in state.items()
            if urlencode({"k": key}) in query and html and f"epoch={self.epoch}&" in query
        ]
        head = max(seq for seq, _html in state.values())
        body = {"epoch": self.epoch, "head": head, "header": {"title": f"at {head}"}, "fragments": fragments}
        text = json.dumps(body).encode()
        headers = [
            (b"Content-Type", b"application/json"),
            (b"X-Frame-Options", b"DENY"),
            (b"Set-Cookie", b"opencode_session=alices"),
            (b"X-Request-ID", b"req_first"),
            (b"Content-Length", str(len(text)).encode()),
        ]
        status = 400 if (b"host", b"wrong") in scope["headers"] else self.status
        await send({"type": "http.response.start", "status": status, "headers": headers})
        half = len(text) // 2
        await send({"type": "http.response.body", "body": text[:half], "more_body": True})
        await send({"type": "http.response.body", "body": text[half:]})


class Answer:
    def __init__(self) -> None:
        self.status = 0
        self.headers: dict[str, str] = {}
        self.text = b""

    async def __call__(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = {name.decode().lower(): value.decode() for name, value in message["headers"]}
        else:
            self.text += message["body"]

    @property
    def body(self) -> Any:
        return json.loads(self.text)

    @property
    def shown(self) -> dict[str, str]:
        return {fragment["key"]: fragment["html"] for fragment in self.body["fragments"]}


@pytest.fixture
def pages() -> Pages:
    return Pages()


@pytest.fixture
def front(pages: Pages, clock: ToldClock) -> FragmentFront:
    return FragmentFront(pages, clock)


async def ask(
    front: FragmentFront,
    *items: str,
    epoch: str = EPOCH,
    share: str = "shr1",
    query: str = "",
    method: str = "GET",
    host: bytes = b"console",
) -> Answer:
    answer = Answer()
    query = query or urlencode([("epoch", epoch), *(("k", item) for item in items)])
    own = [(b"content-length", b"9"), (b"cookie", b"opencode_session=bobs"), (b"authorization", b"Bearer bobs")]
    headers = [(b"host", host), *own]
    path = f"/share/{share}/fragments"
    scope = {"method": method, "path": path, "query_string": query.encode(), "headers": headers}

    async def receive() -> dict[str, Any]:
        return {"type": "http.request"}

    await front(scope, receive, answer)
    return answer


async def test_two_hundred_followers_cost_one_answer(front: FragmentFront, pages: Pages) -> None:
    answers = await asyncio.gather(*(ask(front, f"{PART}:4", f"{OTHER}:5") for _ in range(200)))
    assert len(pages.asked) == 1
    assert {json.dumps(answer.body) for answer in answers} == {json.dumps(answers[0].body)}
    assert answers[0].shown == {PART: "<p>four</p>", OTHER: "<p>five</p>"}


async def test_what_is_newer_than_asked_is_given(front: FragmentFront, pages: Pages) -> None:
    await ask(front, f"{PART}:4")
    answer = await ask(front, f"{PART}:2")
    assert len(pages.asked) == 1
    assert answer.body["fragments"][0]["seq"] == 4
    assert answer.headers["cache-control"] == "no-store"


async def test_the_very_value_asked_for_may_be_kept_by_the_browser(front: FragmentFront) -> None:
    await ask(front, f"{PART}:4")
    assert (await ask(front, f"{PART}:4")).headers["cache-control"] == "private, max-age=3600, immutable"


async def test_plain_text_that_waits_for_its_html_is_kept_by_no_browser(front: FragmentFront, pages: Pages) -> None:
    pages.is_plain = True
    assert (await ask(front, f"{PART}:4")).headers["cache-control"] == "no-store"


async def test_those_who_want_what_is_newer_wait_together_for_it(
    front: FragmentFront, pages: Pages, clock: ToldClock
) -> None:
    await ask(front, f"{PART}:4")
    pages.entries[PART] = (6, "<p>six</p>")
    began = clock.now
    answers = await asyncio.gather(*(ask(front, f"{PART}:6") for _ in range(200)))
    assert len(pages.asked) == 2
    assert {answer.shown[PART] for answer in answers} == {"<p>six</p>"}
    assert clock.now - began == pytest.approx(PAUSE_SECONDS)


async def test_a_single_follower_waits_for_nothing(front: FragmentFront, pages: Pages, clock: ToldClock) -> None:
    await ask(front, f"{PART}:4")
    pages.entries[PART] = (6, "<p>six</p>")
    clock.now += 1.0
    began = clock.now
    assert (await ask(front, f"{PART}:6")).shown == {PART: "<p>six</p>"}
    assert clock.now == began


async def test_what_each_wants_is_read_together(front: FragmentFront, pages: Pages) -> None:
    first, second = await asyncio.gather(ask(front, f"{PART}:4"), ask(front, f"{OTHER}:5"))
    assert len(pages.asked) == 1
    assert (first.shown, second.shown) == ({PART: "<p>four</p>"}, {OTHER: "<p>five</p>"})


async def test_who_comes_while_it_is_read_waits_for_the_next_reading(front: FragmentFront, pages: Pages) -> None:
    first = asyncio.create_task(ask(front, f"{PART}:4"))
    await pages.reached.wait()
    pages.entries[PART] = (6, "<p>six</p>")
    assert (await ask(front, f"{PART}:6")).shown == {PART: "<p>six</p>"}
    assert (await first).shown == {PART: "<p>four</p>"}
    assert len(pages.asked) == 2


async def test_a_slow_reading_does_not_bring_back_what_is_old(
    front: FragmentFront, pages: Pages, clock: ToldClock
) -> None:
    slow = pages.goes_on = asyncio.Event()
    first = asyncio.create_task(ask(front, f"{PART}:4"))
    await pages.reached.wait()
    pages.goes_on = asyncio.Event()
    pages.goes_on.set()
    pages.entries[PART] = (6, "<p>six</p>")
    await ask(front, f"{PART}:6")
    slow.set()
    await first
    answer = await ask(front, f"{PART}:6")
    assert (answer.shown, answer.body["header"]) == ({PART: "<p>six</p>"}, {"title": "at 6"})
    assert len(pages.asked) == 2


async def test_a_slow_view_is_asked_no_more_often(front: FragmentFront, pages: Pages, clock: ToldClock) -> None:
    began = clock.now
    pages.goes_on = asyncio.Event()
    followers = []
    for _ in range(10):
        followers.append(asyncio.create_task(ask(front, f"{PART}:4")))
        for _tick in range(5):
            await asyncio.sleep(0)
    pages.goes_on.set()
    await asyncio.gather(*followers)
    assert clock.now - began >= (len(pages.asked) - 1) * PAUSE_SECONDS


async def test_a_reading_that_took_long_is_good_for_those_who_waited(
    front: FragmentFront, pages: Pages, clock: ToldClock
) -> None:
    pages.goes_on = asyncio.Event()
    followers = [asyncio.create_task(ask(front, f"{PART}:4")) for _ in range(50)]
    await pages.reached.wait()
    clock.now += KEPT_SECONDS + 0.1
    pages.goes_on.set()
    assert {answer.shown[PART] for answer in await asyncio.gather(*followers)} == {"<p>four</p>"}
    assert len(pages.asked) == 1
    await ask(front, f"{PART}:4")
    assert len(pages.asked) == 2


async def test_one_whose_request_is_refused_spoils_nobody_elses(front: FragmentFront, pages: Pages) -> None:
    asked = [ask(front, f"{PART}:4", host=b"wrong"), *(ask(front, f"{PART}:4") for _ in range(20))]
    _bad, *good = await asyncio.gather(*asked)
    assert {answer.status for answer in good} == {200}
    assert len(pages.asked) <= 3


async def test_what_is_forgotten_while_it_is_read_is_not_learned(front: FragmentFront, pages: Pages) -> None:
    pages.goes_on = asyncio.Event()
    first = asyncio.create_task(ask(front, f"{PART}:4"))
    await pages.reached.wait()
    answers_invalidate(share_id="shr1")
    pages.goes_on.set()
    await first
    pages.status = 404
    assert (await ask(front, f"{PART}:4")).status == 404


async def test_fragments_come_in_the_order_of_their_numbers(front: FragmentFront) -> None:
    answer = await ask(front, f"{OTHER}:5", f"{PART}:4")
    assert [fragment["seq"] for fragment in answer.body["fragments"]] == [4, 5]


async def test_nothing_is_known_beyond_the_head(front: FragmentFront, pages: Pages) -> None:
    await ask(front, f"{INFO}:999")
    pages.entries[INFO] = (6, "<p>now it shows something</p>")
    assert (await ask(front, f"{INFO}:6")).shown == {INFO: "<p>now it shows something</p>"}


async def test_a_reading_takes_no_more_than_the_view_does(front: FragmentFront, pages: Pages) -> None:
    keys = [[f"session/part/ses_1/msg_{turn}/prt_{number}:1" for number in range(60)] for turn in range(3)]
    await asyncio.gather(*(ask(front, *items) for items in keys))
    assert sorted(query.count("k=") for query in pages.asked) == [60, 60, 60]


async def test_a_number_that_never_was_keeps_nobody_else_waiting(front: FragmentFront, pages: Pages) -> None:
    asked = [ask(front, f"{PART}:999{number}") for number in range(10)]
    *_odd, answer = await asyncio.gather(*asked, ask(front, f"{PART}:4"))
    # One reading for all; those it did not help ask by themselves, as if there were no front.
    assert len(pages.asked) == 11
    assert answer.shown == {PART: "<p>four</p>"}


async def test_an_answer_is_given_for_two_seconds_and_no_longer(
    front: FragmentFront, pages: Pages, clock: ToldClock
) -> None:
    await ask(front, f"{PART}:4")
    clock.now += KEPT_SECONDS - 0.01
    await ask(front, f"{PART}:4")
    assert len(pages.asked) == 1
    clock.now += 0.02
    await ask(front, f"{PART}:4")
    assert len(pages.asked) == 2


async def test_each_entry_is_as_old_as_its_own_reading(front: FragmentFront, pages: Pages, clock: ToldClock) -> None:
    await ask(front, f"{PART}:4")
    clock.now += KEPT_SECONDS - 0.1
    await ask(front, f"{OTHER}:5")
    pages.entries[PART] = (6, "")
    clock.now += 0.2
    assert (await ask(front, f"{PART}:4", f"{OTHER}:5")).shown == {OTHER: "<p>five</p>"}


async def test_an_entry_that_shows_nothing_is_remembered_too(front: FragmentFront, pages: Pages) -> None:
    await ask(front, f"{INFO}:5", f"{PART}:4")
    answer = await ask(front, f"{INFO}:5", f"{PART}:4")
    assert len(pages.asked) == 1
    assert answer.shown == {PART: "<p>four</p>"}


async def test_nobody_gets_anothers_cookie_or_request_id(front: FragmentFront) -> None:
    first, second = [await ask(front, f"{PART}:4") for _ in range(2)]
    for answer in (first, second):
        assert answer.headers.keys() == {
            "content-type",
            "content-length",
            "cache-control",
            "x-frame-options",
            "x-request-id",
        }
        assert answer.headers["content-length"] == str(len(answer.text))
    assert len({first.headers["x-request-id"], second.headers["x-request-id"], "req_first"}) == 3


async def test_what_is_read_for_all_is_read_as_nobody(front: FragmentFront, pages: Pages) -> None:
    await ask(front, f"{PART}:4")
    assert pages.headers == [[(b"host", b"console")]]


async def test_shares_are_apart(front: FragmentFront, pages: Pages) -> None:
    await ask(front, f"{PART}:4", share="shr1")
    await ask(front, f"{PART}:4", share="shr2")
    assert len(pages.asked) == 2


async def test_another_history_lets_the_old_one_go(front: FragmentFront, pages: Pages) -> None:
    await ask(front, f"{PART}:4")
    pages.epoch = "e2"
    assert (await ask(front, f"{PART}:4", epoch="e2")).body["epoch"] == "e2"
    assert (await ask(front, f"{PART}:4", epoch="e1")).body["epoch"] == "e2"
    assert (await ask(front, f"{PART}:4", epoch="e2")).shown == {PART: "<p>four</p>"}
    assert len(pages.asked) == 4


async def test_a_question_about_no_history_leaves_the_answers_alone(front: FragmentFront, pages: Pages) -> None:
    await ask(front, f"{PART}:4")
    await ask(front, f"{PART}:4", epoch="nonsense")
    asked = len(pages.asked)
    assert (await ask(front, f"{PART}:4")).shown == {PART: "<p>four</p>"}
    assert len(pages.asked) == asked


@pytest.mark.parametrize(
    "query",
    [
        "",
        "epoch=e1",
        f"epoch=e1&k={PART}",
        f"epoch=e1&k={PART}:-1",
        "epoch=e1&k=nonsense:1",
        "epoch=e1&" + "&".join(f"k={PART}{number}:1" for number in range(101)),
        f"epoch=e1&k={PART}:%C2%B9",
        f"epoch=e1&k={PART}:4&more=1",
        f"epoch=e1&epoch=e2&k={PART}:4",
        f"k={PART}:4",
        f"epoch={'e' * 25}&k={PART}:4",
        "\u00e9",
    ],
)
async def test_what_is_odd_is_left_to_the_view(front: FragmentFront, pages: Pages, query: str) -> None:
    await ask(front, f"{PART}:4")
    for _ in range(2):
        await ask(front, query=query or "&")
    assert len(pages.asked) == 3


async def test_other_methods_and_addresses_pass(front: FragmentFront, pages: Pages) -> None:
    for _ in range(2):
        await ask(front, f"{PART}:4", method="HEAD")
        await ask(front, f"{PART}:4", share="shr1/x")
    assert len(pages.asked) == 4


async def test_an_ended_share_is_forgotten(front: FragmentFront, pages: Pages) -> None:
    await ask(front, f"{PART}:4")
    answers_invalidate(share_id="shr1")
    pages.status = 404
    assert (await ask(front, f"{PART}:4")).status == 404


async def test_an_erased_session_is_forgotten(front: FragmentFront, pages: Pages) -> None:
    await ask(front, f"{PART}:4")
    answers_invalidate(epoch=EPOCH)
    await ask(front, f"{PART}:4")
    assert len(pages.asked) == 2


async def test_a_share_that_is_found_to_have_ended_is_forgotten(front: FragmentFront, pages: Pages) -> None:
    await ask(front, f"{PART}:4")
    pages.status = 404
    assert (await ask(front, f"{PART}:9")).status == 404
    assert (await ask(front, f"{PART}:4")).status == 404


async def test_a_view_that_breaks_breaks_for_one_and_stops_nobody(front: FragmentFront, pages: Pages) -> None:
    pages.fails = True
    answers = await asyncio.gather(*(ask(front, f"{PART}:4") for _ in range(3)), return_exceptions=True)
    assert [type(answer) for answer in answers] == [RuntimeError] * 3
    pages.fails = False
    assert (await ask(front, f"{PART}:4")).status == 200


async def test_what_is_kept_is_bounded(
    front: FragmentFront, pages: Pages, clock: ToldClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    pages.entries[PART] = (4, "x" * 10_000)
    monkeypatch.setattr(known, "KEPT_BYTES", 25_000)
    for number in range(5):
        await ask(front, f"{PART}:4", share=f"shr{number}")
    await ask(front, f"{PART}:4", share="shr4")
    assert len(pages.asked) == 5
    await ask(front, f"{PART}:4", share="shr0")
    assert len(pages.asked) == 6
    monkeypatch.setattr(front_module, "ANSWER_BYTES", 5_000)
    for _ in range(2):
        assert (await ask(front, f"{PART}:4", share="large")).shown
    assert len(pages.asked) == 10


async def test_answers_nobody_asks_for_go_with_the_next_one(front: FragmentFront, clock: ToldClock) -> None:
    for number in range(20):
        await ask(front, f"{PART}:4", share=f"shr{number}")
    clock.now += KEPT_SECONDS
    await ask(front, f"{PART}:4", share="last")
    assert list(front._shares._shares) == ["last"]
    assert [place.share_id for place in front._read_at] == ["last"]


class MissingPages(Pages):
    """As Django for one share that exists and any number that do not."""

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        self.status = 200 if "/shr1/" in scope["path"] else 404
        await super().__call__(scope, receive, send)


async def test_shares_that_are_not_there_cost_the_followers_of_others_nothing(clock: ToldClock) -> None:
    """40 requests a second for shares that never were had each round of everybody else's thrown away."""
    pages = MissingPages()
    front = FragmentFront(pages, clock)
    pages.goes_on.clear()
    followers = [asyncio.create_task(ask(front, f"{PART}:4")) for _ in range(100)]
    await pages.reached.wait()
    pages.goes_on.set()
    strangers = [await ask(front, f"{PART}:4", share=f"none{number}") for number in range(40)]
    answers = await asyncio.gather(*followers)
    assert {answer.status for answer in strangers} == {404}
    assert {answer.status for answer in answers} == {200}
    assert len([one for one in pages.headers if one == [(b"host", b"console")]]) == len(pages.asked) == 41


async def test_an_ended_share_leaves_what_is_read_of_another(front: FragmentFront, pages: Pages) -> None:
    pages.goes_on.clear()
    waiting = asyncio.create_task(ask(front, f"{PART}:4"))
    await pages.reached.wait()
    answers_invalidate(share_id="shr2", epoch="another")
    pages.goes_on.set()
    assert (await waiting).status == 200
    await ask(front, f"{PART}:4")
    assert len(pages.asked) == 1


async def test_a_share_that_is_not_there_is_asked_for_once_in_two_seconds(clock: ToldClock) -> None:
    pages = MissingPages()
    front = FragmentFront(pages, clock)
    for _ in range(10):
        refused = await ask(front, f"{PART}:4", share="none")
        assert (refused.status, refused.body["error"]["code"]) == (404, "not_found")
    assert len(pages.asked) == 1
    clock.now += KEPT_SECONDS
    assert (await ask(front, f"{PART}:4", share="none")).status == 404
    assert len(pages.asked) == 2
