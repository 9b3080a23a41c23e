"""Reading while a session goes on: nobody is moved, what was opened stays open, what comes late finds its place."""

import json
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect
from websockets.sync.client import connect
from websockets.typing import Subprotocol

from tests.browser.conftest import OpenPage
from tests.support.live import LIVE_MS, has_marker, put_marker, wait_until_live
from tests.support.server import ConsoleServer

pytestmark = pytest.mark.browser
CREATED = 1_795_340_283_445
LONG = "\n\n".join(f"paragraph {number}" for number in range(12))


class Agent:
    """Shares one session of its own and sends what a test tells it to."""

    def __init__(self, server: ConsoleServer, session_id: str) -> None:
        self.server = server
        self.session_id = session_id
        created = httpx.post(f"{server.url}/api/share", json={"sessionID": session_id}, trust_env=False).json()
        self.link, self.share, self.secret = created["url"], created["id"], created["secret"]

    def send(self, *items: tuple[str, dict[str, Any]]) -> None:
        data = [{"type": kind, "data": {"sessionID": self.session_id, **content}} for kind, content in items]
        body = {"secret": self.secret, "data": data}
        httpx.post(f"{self.server.url}/api/share/{self.share}/sync", json=body, trust_env=False).raise_for_status()

    def delete(self, key: str) -> None:
        address = f"{self.server.sockets_url}/sync/v1/sessions/{self.share}"
        headers = {"Authorization": f"Bearer {self.secret}"}
        publish = {"type": "publish", "id": key.rpartition("/")[2], "updates": [{"key": key, "deleted": True}]}
        protocols = [Subprotocol("opencode.sync.v1")]
        with connect(address, additional_headers=headers, subprotocols=protocols, proxy=None) as socket:
            socket.send(json.dumps(publish))
            frames = (json.loads(frame) for frame in socket)
            assert next(frame for frame in frames if frame["type"] in {"ack", "error"})["type"] == "ack"


def said(number: int, role: str = "user", **fields: Any) -> tuple[str, dict[str, Any]]:
    return "message", {"id": f"msg_{number:03d}", "role": role, "time": {"created": CREATED + number}, **fields}


def text(number: int, words: str, part: int = 1) -> tuple[str, dict[str, Any]]:
    identity = {"id": f"prt_{number:03d}_{part}", "messageID": f"msg_{number:03d}"}
    return "part", {**identity, "type": "text", "text": words}


def call(number: int, status: str, **state: Any) -> tuple[str, dict[str, Any]]:
    identity = {"id": f"prt_{number:03d}_9", "messageID": f"msg_{number:03d}", "type": "tool", "tool": "bash"}
    return "part", {**identity, "state": {"status": status, "input": {"command": "make"}, **state}}


@pytest.fixture
def agent(shared_server: ConsoleServer, request: pytest.FixtureRequest) -> Agent:
    return Agent(shared_server, f"ses_{request.node.name}")


@pytest.fixture
def long_session(agent: Agent) -> Agent:
    agent.send(*(said(number) for number in range(20)), *(text(number, LONG) for number in range(20)))
    return agent


def followed(open_page: OpenPage, agent: Agent) -> Page:
    page = open_page(agent.link).page
    wait_until_live(page)
    put_marker(page)
    return page


def test_who_reads_further_up_is_not_moved_and_is_told(open_page: OpenPage, long_session: Agent) -> None:
    page = followed(open_page, long_session)
    page.locator("#msg_008").scroll_into_view_if_needed()
    page.evaluate("document.querySelector('#msg_008').scrollIntoView()")
    before = page.locator("#msg_008").bounding_box()
    long_session.send(said(30), text(30, "the newest words"), text(2, LONG + "\n\nmore above", 2))
    expect(page.locator("#msg_030")).to_be_attached(timeout=LIVE_MS)
    expect(page.get_by_text("more above")).to_be_attached(timeout=LIVE_MS)
    button = page.get_by_role("button", name="New entries below")
    expect(button).to_be_visible()
    after = page.locator("#msg_008").bounding_box()
    assert before
    assert after
    assert abs(before["y"] - after["y"]) < 4
    button.click()
    expect(page.locator("article").get_by_text("the newest words")).to_be_in_viewport()
    expect(button).to_be_hidden()
    assert has_marker(page)


def test_who_is_at_the_end_follows(open_page: OpenPage, long_session: Agent) -> None:
    page = followed(open_page, long_session)
    page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
    expect(page.locator("#msg_019").get_by_text("paragraph 11")).to_be_in_viewport()
    long_session.send(said(30), text(30, LONG + "\n\nthe newest words"))
    expect(page.locator("article").get_by_text("the newest words")).to_be_in_viewport(timeout=LIVE_MS)
    expect(page.get_by_role("button", name="New entries below")).to_be_hidden()


def test_what_was_opened_stays_open_while_it_changes(open_page: OpenPage, agent: Agent) -> None:
    agent.send(said(1, "assistant"), call(1, "running", metadata={"output": "first line\n"}))
    page = followed(open_page, agent)
    page.locator("details.tool > summary").click()
    expect(page.get_by_text("first line")).to_be_visible()
    agent.send(call(1, "completed", output="first line\nlast line"))
    expect(page.get_by_text("last line")).to_be_visible(timeout=LIVE_MS)
    expect(page.locator(".tool-status")).to_have_text("completed")
    expect(page.locator("details.tool > summary")).to_be_focused()


def test_a_message_that_comes_late_takes_its_place_and_its_parts(open_page: OpenPage, agent: Agent) -> None:
    agent.send(said(5), text(5, "fifth"), text(3, "part before its message"))
    page = followed(open_page, agent)
    expect(page.get_by_text("part before its message")).to_have_count(0)
    agent.send(text(4, "another early part"))
    agent.send(said(3), said(4))
    expect(page.locator("#msg_003").get_by_text("part before its message")).to_be_visible(timeout=LIVE_MS)
    expect(page.locator("#msg_004").get_by_text("another early part")).to_be_visible(timeout=LIVE_MS)
    assert page.locator(".turn").evaluate_all("(turns) => turns.map((turn) => turn.id)") == [
        "msg_003",
        "msg_004",
        "msg_005",
    ]


def test_parts_arrive_in_the_order_of_their_ids(open_page: OpenPage, agent: Agent) -> None:
    agent.send(said(1), text(1, "five", 5))
    page = followed(open_page, agent)
    agent.send(text(1, "seven", 7), text(1, "one", 1), text(1, "six", 6))
    expect(page.locator("#msg_001 .part")).to_have_count(4, timeout=LIVE_MS)
    assert page.locator("#msg_001 .part").all_inner_texts() == ["one", "five", "six", "seven"]


def test_deleted_entries_leave_the_page(open_page: OpenPage, agent: Agent) -> None:
    agent.send(said(1), text(1, "stays"), said(2), text(2, "goes"))
    page = followed(open_page, agent)
    agent.delete(f"session/message/{agent.session_id}/msg_002")
    expect(page.locator("#msg_002")).to_have_count(0, timeout=LIVE_MS)
    agent.delete(f"session/part/{agent.session_id}/msg_001/prt_001_1")
    expect(page.get_by_text("stays")).to_have_count(0, timeout=LIVE_MS)
    assert has_marker(page)


def test_the_head_keeps_up(open_page: OpenPage, agent: Agent) -> None:
    agent.send(said(1), text(1, "hello"))
    page = followed(open_page, agent)
    expect(page.get_by_role("heading", level=1)).to_have_text("Untitled session")
    info = {"id": agent.session_id, "title": "Now it has a name", "time": {"created": CREATED, "updated": CREATED + 9}}
    answer = said(2, "assistant", modelID="fake-1", providerID="gw", cost=0.5, tokens={"input": 77, "output": 5})
    agent.send(("session", info), answer)
    expect(page.get_by_role("heading", level=1)).to_have_text("Now it has a name", timeout=LIVE_MS)
    expect(page).to_have_title("Now it has a name · opencode")
    expect(page.locator("[data-models]")).to_have_text("gw/fake-1", timeout=LIVE_MS)
    expect(page.locator('[data-region="now"]')).to_contain_text("running", timeout=LIVE_MS)
    expect(page.locator('[data-region="now"]')).to_contain_text("$0.50")


def test_a_page_without_messages_fills(open_page: OpenPage, agent: Agent) -> None:
    page = followed(open_page, agent)
    expect(page.get_by_text("No messages yet")).to_be_visible()
    agent.send(said(1), text(1, "hello"))
    expect(page.locator("article").get_by_text("hello")).to_be_visible(timeout=LIVE_MS)
    expect(page.get_by_text("No messages yet")).to_be_hidden()
