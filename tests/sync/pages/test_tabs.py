"""The tabs beside a session's conversation: what its tools changed in files, what they did, in bounded pages."""

import re
from typing import Any

import pytest
from django.test import Client

from sync.models import Session, SessionEntry, Share, Turn
from sync.store import LOOKED
from tests.cast import BROWSER, Cast, SignIn
from tests.support.canaries import canary
from tests.support.transcripts import CLIENT_ID, CONVERSATION, CREATED, INFO, make_session, make_share, publish
from tests.unit.sync.transcript.entries import text_of

pytestmark = pytest.mark.django_db
PAGE_BYTES = 500_000
TOKEN = canary()


@pytest.fixture
def visitor() -> Client:
    return Client(headers=BROWSER)


def call(message: str, part: str, tool: str = "bash", **state: Any) -> dict[str, Any]:
    given = {"status": "completed", "input": {"command": f"run-{part}-"}, **state}
    return {f"session/part/{CLIENT_ID}/{message}/{part}": {"id": part, "type": "tool", "tool": tool, "state": given}}


def edit(message: str, part: str, path: str, old: str, new: str) -> dict[str, Any]:
    return call(message, part, "edit", input={"filePath": path, "oldString": old, "newString": new})


def message(name: str, role: str = "assistant") -> dict[str, Any]:
    return {f"session/message/{CLIENT_ID}/{name}": {"id": name, "role": role, "time": {"created": CREATED}}}


def html_of(client: Client, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200
    return response.content.decode()


def main_of(client: Client, path: str) -> str:
    """The words of the page without its sidebar."""
    return " ".join(text_of(html_of(client, path).partition("<main")[2]).split())


def shared(*entries: dict[str, Any], **fields: Any) -> Share:
    more = {key: content for each in entries for key, content in each.items()}
    return make_share(publish(make_session(**fields), {INFO: CONVERSATION[INFO], **more}))


def long_share(turns: int, output: str = "done") -> Share:
    """A call a turn, each with a number; the rows of the turns as the writer makes them."""
    session = make_session()
    rows = []
    for number in range(turns):
        key = f"session/part/{CLIENT_ID}/msg_{number:04d}/prt_{number:04d}"
        state = f'{{"status": "completed", "input": {{"command": "number-{number}-"}}, "output": "{output}"}}'
        content = f'{{"type": "tool", "tool": "bash", "state": {state}}}'
        rows.append(SessionEntry(session=session, key=key, seq=number + 1, content=content, size=len(content)))
    SessionEntry.objects.bulk_create(rows)
    Turn.objects.bulk_create([Turn(session=session, message_id=f"msg_{each:04d}", tools=1) for each in range(turns)])
    Session.objects.filter(pk=session.pk).update(head_seq=turns, turn_seq=turns)
    return make_share(session)


def walk(client: Client, address: str, words: str) -> list[str]:
    pages = [html_of(client, address)]
    while found := re.search(rf'<a href="(\?before=[^"]*)" rel="next">{words}</a>', pages[-1]):
        pages.append(html_of(client, address + found[1]))
    return pages


# --- tools


def test_failures_come_first_and_each_call_leads_to_its_place(visitor: Client) -> None:
    share = shared(
        message("msg_2"),
        call("msg_2", "prt_1", output="fine"),
        call("msg_2", "prt_2", metadata={"exit": 1}, output="broken"),
        call("msg_3", "prt_3", output="fine too"),
        {f"session/part/{CLIENT_ID}/msg_3/prt_4": {"type": "text", "text": 'no "tool" at all'}},
    )
    html = html_of(visitor, f"/share/{share.pk}/tools")
    assert re.findall(r"run-prt_(\d)-</bdi></span>", html) == ["2", "3", "1"]
    assert f'href="/share/{share.pk}?at=msg_2#prt_2"' in html
    seen = text_of(html)
    assert "no " not in seen[seen.index("Failed") :].partition("Calls")[2]
    assert 'aria-current="page">Tools <span class="badge bad">1 failed</span></a>' in html


def test_every_call_is_on_one_page_and_every_page_is_bounded(visitor: Client, django_assert_num_queries: Any) -> None:
    share = long_share(100, "a line of output\\n" * 900)
    pages = walk(visitor, f"/share/{share.pk}/tools", "Earlier calls")
    numbers = [int(found) for page in pages for found in re.findall(r"number-(\d+)-</bdi></span>", page)]
    assert numbers == list(range(99, -1, -1))
    assert len(pages) > 3
    assert max(len(page.encode()) for page in pages) <= PAGE_BYTES
    with django_assert_num_queries(5):
        visitor.get(f"/share/{share.pk}/tools?before=msg_0050")


def test_a_turn_of_more_calls_than_a_page_does_not_end_the_pages(visitor: Client) -> None:
    many = {key: content for number in range(260) for key, content in call("msg_2", f"prt_{number:03d}").items()}
    share = shared(call("msg_1", "prt_first"), many, call("msg_3", "prt_last"))
    pages = walk(visitor, f"/share/{share.pk}/tools", "Earlier calls")
    assert "run-prt_last-" in pages[0]
    assert "run-prt_first-" in pages[-1]
    assert max(len(page.encode()) for page in pages) <= PAGE_BYTES


def test_a_page_looks_at_so_many_turns_however_few_it_shows(visitor: Client) -> None:
    share = long_share(LOOKED + 20)
    Turn.objects.filter(message_id__gt="msg_0003").update(tools=0)
    pages = walk(visitor, f"/share/{share.pk}/tools", "Earlier calls")
    assert len(pages) == 2
    assert "No calls among these messages." in pages[0]
    assert len(re.findall(r"number-\d+-</bdi></span>", pages[1])) == 4


def test_links_of_a_call_lead_to_the_conversation(visitor: Client) -> None:
    share = shared(call("msg_2", "prt_1", output="a line\n" * 9_000))
    html = html_of(visitor, f"/share/{share.pk}/tools")
    assert f'href="/share/{share.pk}?entry=session/part/{CLIENT_ID}/msg_2/prt_1&amp;chunk=0"' in html
    assert 'href="?entry' not in html


# --- changes


def test_changes_are_by_file_in_the_order_they_were_made(cast: Cast, sign_in: SignIn) -> None:
    session = publish(
        make_session(workspace=cast.alpha),
        {
            INFO: {**CONVERSATION[INFO], "directory": "/srv/app"},
            **edit("msg_2", "prt_1", "/srv/app/src/a/one.py", "x = 1", "x = 2"),
            **edit("msg_2", "prt_2", "/srv/app/src/a/two.py", "", "new = 1"),
            **edit("msg_4", "prt_3", "src/a/one.py", "x = 2", "x = 3"),
            **call("msg_4", "prt_4", "write", input={"filePath": "/etc/motd", "content": "hi\n"}),
            **call("msg_4", "prt_5", "edit", status="error", error="no"),
            **call("msg_4", "prt_6"),
        },
    )
    address = f"/workspaces/alpha/sessions/{session.client_id}/changes"
    html = html_of(sign_in(cast.carol), address)
    tree = re.findall(r'<li data-depth="(\d)">.*?<bdi(?: class="folder")?>([^<]*)</bdi>', html)
    assert tree == [("0", "/etc/"), ("1", "motd"), ("0", "src/a/"), ("1", "one.py"), ("1", "two.py")]
    one = html[html.index('id="file-1"') : html.index('id="file-2"')]
    assert [line for line in text_of(one).splitlines() if line.startswith(("+x", "-x"))] == [
        "-x = 1", "+x = 2", "-x = 2", "+x = 3",
    ]  # fmt: skip
    assert "2 edits" in text_of(one)
    assert f'href="/workspaces/alpha/sessions/{CLIENT_ID}/?at=msg_4#prt_3"' in one
    assert "3 files changed" in text_of(html)


def test_changes_of_a_long_session_are_pages_too(visitor: Client) -> None:
    entries: dict[str, Any] = {}
    for number in range(70):
        lines = "\n".join(f"line {each} of {number}" for each in range(200))
        entries.update(edit(f"msg_{number:03d}", f"prt_{number:03d}", f"file{number}.py", "", lines))
    share = shared(entries)
    pages = walk(visitor, f"/share/{share.pk}/changes", "Earlier changes")
    assert len(pages) == 3
    named = {name for page in pages for name in re.findall(r'<bdi class="path">(file\d+\.py)</bdi>', page)}
    assert named == {f"file{number}.py" for number in range(70)}
    assert max(len(page.encode()) for page in pages) <= PAGE_BYTES


def test_a_large_change_is_a_link_to_it(visitor: Client) -> None:
    share = shared(edit("msg_2", "prt_1", "big.txt", "", "a long line of text\n" * 3_000))
    seen = main_of(visitor, f"/share/{share.pk}/changes")
    assert "big.txt" in seen
    assert "This change is large: show it in the conversation" in seen
    assert "a long line" not in seen


# --- readers


@pytest.mark.parametrize("tab", ["changes", "tools"])
def test_a_link_hides_secrets_that_members_see(cast: Cast, sign_in: SignIn, visitor: Client, tab: str) -> None:
    share = shared(edit("msg_2", "prt_1", "a.py", "key = ''", f"key = '{TOKEN}'"), workspace=cast.alpha)
    assert TOKEN in html_of(sign_in(cast.carol), f"/workspaces/alpha/sessions/{CLIENT_ID}/{tab}")
    seen = html_of(visitor, f"/share/{share.pk}/{tab}")
    assert TOKEN not in seen
    assert "[hidden: GitHub token]" in seen


@pytest.mark.parametrize(("tab", "words"), [("changes", "No files were changed"), ("tools", "No tools were called")])
def test_an_empty_session_says_so(visitor: Client, tab: str, words: str) -> None:
    assert words in main_of(visitor, f"/share/{make_share(make_session()).pk}/{tab}")


@pytest.mark.parametrize("tab", ["changes", "tools"])
def test_tabs_are_pages_of_their_own_that_browsers_keep(visitor: Client, tab: str) -> None:
    share = shared(call("msg_2", "prt_1"))
    first = visitor.get(f"/share/{share.pk}/{tab}")
    assert visitor.get(f"/share/{share.pk}/{tab}", headers={"If-None-Match": first["ETag"]}).status_code == 304
    assert (
        len({visitor.get(f"/share/{share.pk}{each}")["ETag"] for each in ("", f"/{tab}", f"/{tab}?before=msg_3")}) == 3
    )
    assert visitor.get(f"/share/{share.pk}/{tab}?before=a+b").status_code == 404


def test_members_have_a_tab_of_the_history_and_visitors_do_not(cast: Cast, sign_in: SignIn, visitor: Client) -> None:
    share = shared(call("msg_2", "prt_1"), workspace=cast.alpha)
    history = f"/workspaces/alpha/sessions/{CLIENT_ID}/snapshots/"
    assert 'aria-current="page">History</a>' in html_of(sign_in(cast.carol), history)
    assert "History" not in main_of(visitor, f"/share/{share.pk}")
