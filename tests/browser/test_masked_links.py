"""Secrets in a shared session, seen by somebody with the link and by members, on a desktop and a phone."""

import re
from typing import Any

import httpx
import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenPage, sign_in
from tests.support.browser import DESKTOP, PHONE
from tests.support.canaries import canary
from tests.support.live import wait_until_live
from tests.support.server import ConsoleServer

SECRETS = [canary() for _ in range(3)]
CREATED = 1_795_340_283_445


def batch(session: str, own_key: str) -> list[dict[str, Any]]:
    message = {"id": "msg_1", "sessionID": session, "role": "user", "time": {"created": CREATED}}
    answer = {**message, "id": "msg_2", "role": "assistant", "time": {"created": CREATED + 1, "completed": CREATED + 9}}
    part = {"sessionID": session, "messageID": "msg_2", "time": {"start": CREATED, "end": CREATED + 1}}
    state = {
        "status": "completed",
        "title": "print the environment",
        "input": {"command": "env | sort"},
        "output": f"GITHUB_TOKEN={SECRETS[0]}\nHOME=/root\nOPENCODE_KEY={own_key}\nDATABASE_URL=postgres://app:s3cret-pass@db/app\n",
        "metadata": {"exit": 0},
        "time": {"start": CREATED, "end": CREATED + 1},
    }
    text = f"The deploy key is `{SECRETS[1]}`.\n\n```\nexport GH={SECRETS[2]}\n```\n"
    return [
        {
            "type": "session",
            "data": {"id": session, "title": f"Rotate {SECRETS[0]}", "time": {"created": CREATED, "updated": CREATED}},
        },
        {"type": "message", "data": message},
        {
            "type": "part",
            "data": {
                "id": "prt_0",
                "messageID": "msg_1",
                "sessionID": session,
                "type": "text",
                "text": "Which keys are set?",
            },
        },
        {"type": "message", "data": answer},
        {
            "type": "part",
            "data": {**part, "id": "prt_1", "type": "tool", "tool": "bash", "callID": "c1", "state": state},
        },
        {"type": "part", "data": {**part, "id": "prt_2", "type": "text", "text": text}},
    ]


@pytest.fixture
def shared(console_server: ConsoleServer, alice: dict[str, str]) -> dict[str, str]:
    base = f"{console_server.url}/w/{alice['token']}/api/share"
    made: dict[str, str] = httpx.post(base, json={"sessionID": "ses_leaky"}, trust_env=False).json()
    body = {"secret": made["secret"], "data": batch("ses_leaky", alice["key"])}
    assert httpx.post(f"{base}/{made['id']}/sync", json=body, trust_env=False).status_code == 200
    return made


def test_a_link_masks_what_members_see(
    console_server: ConsoleServer, alice: dict[str, str], shared: dict[str, str], open_page: OpenPage
) -> None:
    link = f"{console_server.url}/share/{shared['id']}"
    for name, size in (("desktop", DESKTOP), ("phone", PHONE)):
        visitor = open_page(link, viewport=size)
        wait_until_live(visitor.page)
        expect(visitor.page.get_by_text("[hidden: GitHub token]").first).to_be_visible()
        visitor.screenshot(f"masked-link-{name}")
        assert not [secret for secret in [*SECRETS, "s3cret-pass", alice["key"]] if secret in visitor.page.content()]
        assert visitor.complaints == []
    visitor = open_page(link)
    wait_until_live(visitor.page)
    session = f"{console_server.url}/workspaces/{alice['slug']}/sessions/ses_leaky/"

    for name, size in (("desktop", DESKTOP), ("phone", PHONE)):
        member = open_page(f"{console_server.url}/accounts/login/", viewport=size)
        sign_in(member.page, alice)
        member.page.goto(f"{session}?secrets&shares")
        assert [secret for secret in SECRETS if secret not in member.page.content()] == []
        expect(member.page.get_by_text(re.compile(r"\d+ secrets hidden from link readers"))).to_be_visible()
        member.screenshot(f"masked-member-{name}")
    member.page.get_by_role("link", name="Details of /share/").click()
    member.page.get_by_role("link", name="Show secrets…").click()
    member.screenshot("masked-link-show")
    member.page.get_by_role("button", name="Show secrets").click()
    expect(member.page.get_by_text("Shows secrets", exact=True)).to_be_visible()
    # The visitor's page follows: it starts again with what the link shows now.
    expect(visitor.page.get_by_text(SECRETS[1])).to_be_visible(timeout=15_000)
    member.page.goto(f"{session}?secrets")
    member.page.get_by_role("button", name="Revoke").click()
    expect(member.page.get_by_text("is revoked")).to_be_visible()
    assert member.complaints == []
