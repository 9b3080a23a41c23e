"""Whether a link masks secrets is decided by members, recorded, and seen by its open readers at once."""

import asyncio
import json
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.test import Client

from opencode.lib.actor import THE_CONSOLE
from sync.live.runtime import get_runtime
from sync.models import Session, Share
from sync.sharing import masked_epoch, share_masking_set
from tests.cast import Cast, SignIn, acting
from tests.support.asgi_events import ASGIEvents
from tests.support.asgi_http import asgi_client
from tests.support.asgi_socket import ASGISocket
from tests.support.audit import audited
from tests.support.canaries import canary
from tests.support.rooms import KEY, Room
from tests.support.transcripts import CLIENT_ID, CONVERSATION, FIRST_TEXT, make_session, make_share, publish

SECRET = canary()
TEXT = {"id": "prt_1", "type": "text", "text": f"use {SECRET} now"}
MARKED = {**TEXT, "text": "use [hidden: GitHub token] now"}


@pytest.fixture
def session(cast: Cast) -> Session:
    return publish(make_session(workspace=cast.alpha), {**CONVERSATION, FIRST_TEXT: TEXT})


def page(share: Share) -> str:
    return f"/workspaces/alpha/sessions/{CLIENT_ID}/shares/{share.pk}/secrets/"


@pytest.mark.django_db
def test_a_member_shows_the_secrets_and_hides_them_again(cast: Cast, session: Session, sign_in: SignIn) -> None:
    share = make_share(session)
    carol = sign_in(cast.carol)
    assert "will see the keys" in carol.get(page(share)).content.decode()
    assert "now shows its readers" not in carol.get(page(share)).content.decode()
    carol.post(page(share), {"masks_secrets": "no"})
    assert SECRET in Client().get(f"/share/{share.pk}").content.decode()
    assert "Shows secrets" in carol.get(f"/workspaces/alpha/sessions/{CLIENT_ID}/").content.decode()
    carol.post(page(share), {"masks_secrets": "yes"})
    assert SECRET not in Client().get(f"/share/{share.pk}").content.decode()
    acts = [(each.action, each.actor_id) for each in audited(cast.alpha, "session.mask", "session.unmask")]
    assert acts == [("session.unmask", cast.carol.pk), ("session.mask", cast.carol.pk)]


@pytest.mark.django_db
def test_nothing_is_recorded_where_nothing_changes(cast: Cast, session: Session) -> None:
    share = make_share(session)
    assert not share_masking_set(share=share, masks_secrets=True, actor=acting(cast.carol))
    Share.objects.update(revoked_at=session.created_at)
    assert not share_masking_set(share=share, masks_secrets=False, actor=acting(cast.carol))
    assert list(audited(cast.alpha, "session.mask", "session.unmask")) == []


@pytest.mark.django_db
def test_a_browser_never_keeps_the_page_of_the_other_history(cast: Cast, session: Session) -> None:
    share = make_share(session)
    masked = Client().get(f"/share/{share.pk}.json")
    share_masking_set(share=share, masks_secrets=False, actor=acting(cast.carol))
    again = Client().get(f"/share/{share.pk}.json", headers={"if-none-match": masked["ETag"]})
    assert again.status_code == 200
    assert SECRET in again.content.decode()
    assert Client().get(f"/share/{share.pk}.json", headers={"if-none-match": again["ETag"]}).status_code == 304


# --- open readers


@pytest.fixture
def heartbeat_seconds() -> float:
    """So long that only what the process learns at once can end a connection."""
    return 3600.0


async def changed(room: Room, *, masks_secrets: bool) -> None:
    change = sync_to_async(share_masking_set)
    await change(share=room.share, masks_secrets=masks_secrets, actor=THE_CONSOLE)


async def elsewhere(room: Room, *, masks_secrets: bool) -> None:
    """As another process leaves it; then this one's heartbeat comes."""
    await Share.objects.filter(pk=room.share.pk).aupdate(masks_secrets=masks_secrets)
    await get_runtime().check()


@pytest.mark.parametrize("change", [changed, elsewhere])
@pytest.mark.parametrize(("before", "after"), [(TEXT, MARKED), (MARKED, TEXT)], ids=["to masked", "to the original"])
async def test_open_sockets_start_again(room: Room, change: Any, before: object, after: object) -> None:
    await Share.objects.filter(pk=room.share.pk).aupdate(masks_secrets=before is MARKED)
    await room.publish(TEXT)
    async with ASGISocket(room.path) as socket, ASGISocket(room.path, room.share_secret) as holder:
        frame = await socket.frame("snapshot")
        assert [each["content"] for each in frame["entries"]] == [before]
        await holder.frame("snapshot")
        await change(room, masks_secrets=after is MARKED)
        assert await socket.closed() == 4409
        await room.publish(TEXT)
        assert [each["content"] for each in await holder.entries()] == [TEXT]
    position = f"epoch={frame['epoch']}&seq={frame['seq']}"
    async with ASGISocket(room.path, query=position) as again:
        frame = await again.frame("snapshot")
    assert [each["content"] for each in frame["entries"]] == [after]


async def test_open_event_streams_and_polls_start_again(room: Room) -> None:
    await room.publish(TEXT)
    async with ASGIEvents(f"{room.path}/events") as events, ASGISocket("/share_poll", query=_id(room)) as poll:
        await events.event("snapshot")
        assert (await poll.first())["content"] == MARKED
        await changed(room, masks_secrets=False)
        assert (await events.ended()).frame["reason"] == "epoch_changed"
        assert await poll.closed() == 4409
    async with ASGISocket("/share_poll", query=_id(room)) as poll:
        assert (await poll.first())["content"] == TEXT


def _id(room: Room) -> str:
    return f"id={room.share.pk}"


async def test_members_and_readers_by_a_link_are_present_to_each_other(room: Room) -> None:
    await room.publish(TEXT)
    async with ASGISocket("/sync/v1/sessions/ses_1", room.reading) as member, ASGISocket(room.path) as visitor:
        for socket in (member, visitor):
            while (await socket.frame("presence"))["count"] != 2:
                pass


async def test_fragments_of_the_front_are_never_those_of_the_other_history(room: Room) -> None:
    await room.publish(TEXT)
    session = await Session.objects.aget(pk=room.session.pk)
    address = f"/share/{room.share.pk}/fragments?k={KEY}0:1&epoch="
    async with asgi_client() as http:
        masked = await http.get(address + masked_epoch(session.epoch))
        assert "[hidden: GitHub token]" in masked.text
        await changed(room, masks_secrets=False)
        await asyncio.sleep(0)
        for epoch in (session.epoch, masked_epoch(session.epoch)):
            shown = await http.get(address + epoch)
            assert ("[hidden" in shown.text, SECRET in shown.text) == (False, epoch == session.epoch)
        await changed(room, masks_secrets=True)
        await asyncio.sleep(0)
        for epoch in (session.epoch, masked_epoch(session.epoch)):
            assert SECRET not in (await http.get(address + epoch)).text


# --- texts that grow


GROWN = f"password = Tr0ub4dor&3!$ and {SECRET} for postgres://ann:s3cret-Passw0rd@db/x\n"
GROWN += "-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA7Zq\nd8Jw0qTn3vXk\n-----END RSA PRIVATE KEY----- done"
PIECES = ("Tr0ub4", "&3!", SECRET[4:10], "s3cret", "MIIEp", "d8Jw0q")


def growing(text: str) -> dict[str, Any]:
    return {"id": "prt_1", "type": "text", "time": {"start": 1}, "text": text}


def running(text: str) -> dict[str, Any]:
    state = {"status": "running", "input": {}, "metadata": {"output": text}, "time": {"start": 1}}
    return {"id": "prt_1", "type": "tool", "tool": "bash", "callID": "c", "state": state}


@pytest.mark.parametrize("form", [growing, running])
async def test_a_growing_text_shows_nothing_of_a_secret_wherever_it_is_cut(room: Room, form: Any) -> None:
    async with ASGISocket(room.path) as socket, ASGISocket("/sync/v1/sessions/ses_1", room.reading) as member:
        texts, originals = "", ""
        for size in range(1, len(GROWN) + 1):
            await room.publish(form(GROWN[:size]))
            texts += json.dumps(await socket.entries())
            originals += json.dumps(await member.entries())
    # Of each secret not even its first sign: what comes before it is all that a reader has seen of the line.
    assert [piece for piece in PIECES if piece in texts] == []
    assert [first for first in ("= Tr", "and gh", ":s3", "\\nMI") if first in texts] == []
    assert [piece for piece in PIECES if piece not in originals] == []
    assert texts.count("password = ") > len(GROWN) // 2
