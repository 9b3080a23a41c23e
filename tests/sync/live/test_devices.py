"""A signed-in agent opens sockets as its person, and loses them with the device or its person's place."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
import pytest_asyncio
from asgiref.sync import sync_to_async
from django.conf import LazySettings

from accounts.models import Device
from accounts.services.devices import device_revoke
from opencode.lib.actor import THE_CONSOLE
from sync.live.runtime import stop_runtime
from sync.models import Session, Share
from sync.sharing.secrets import derive_share_secret
from tests.cast import Cast, acting, make_cast
from tests.support.asgi_socket import ASGISocket
from tests.support.devices import SignedIn, device_of
from workspaces.services.memberships import membership_remove

pytestmark = pytest.mark.django_db(transaction=True)
TARGET = "/sync/v1/sessions/ses_1"
KEY = "session/part/ses_1/msg_1/prt_1"


@dataclass
class Desk:
    cast: Cast
    session: Session
    carols: SignedIn
    charlies: SignedIn

    def in_workspace(self, workspace_id: str) -> dict[str, str]:
        return {"authorization": f"Bearer {self.carols.access}", "x-org-id": workspace_id}

    @property
    def by_carol(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.carols.access}"}


def _make_desk() -> Desk:
    cast = make_cast()
    session = Session.objects.create(client_id="ses_1", workspace=cast.alpha, owner_key=cast.alpha.id)
    return Desk(cast, session, device_of(cast.carol), device_of(cast.charlie))


@pytest_asyncio.fixture
async def desk(settings: LazySettings) -> AsyncIterator[Desk]:
    settings.SYNC_HEARTBEAT_SECONDS = 3600
    yield await sync_to_async(_make_desk)()
    await stop_runtime()


async def refused(path: str, headers: dict[str, str]) -> tuple[str, int]:
    async with ASGISocket(path, headers) as socket:
        error = await socket.frame("error")
        return error["code"], await socket.closed()


async def test_device_writes_and_is_named_as_its_person(desk: Desk) -> None:
    async with ASGISocket(TARGET, desk.by_carol) as socket:
        assert (await socket.frame("welcome"))["role"] == "editor"
        await socket.publish("a", KEY, {"n": 1})
        await socket.frame("ack")
        people = (await socket.frame("presence"))["people"]
    assert [(person["name"], person["kind"]) for person in people] == [("Carol", "agent")]


async def test_device_that_names_its_workspace_opens_a_session_that_is_not_there_yet(desk: Desk) -> None:
    headers = desk.in_workspace(desk.cast.alpha.pk)
    async with ASGISocket("/sync/v1/sessions/ses_new", headers) as socket:
        await socket.frame("welcome")
    session = await Session.objects.select_related("created_by", "workspace").aget(client_id="ses_new")
    assert (session.created_by, session.workspace) == (desk.cast.carol, desk.cast.alpha)


async def test_device_opens_nothing_where_its_person_is_not(desk: Desk) -> None:
    charlie = {"authorization": f"Bearer {desk.charlies.access}"}
    assert await refused(TARGET, charlie) == ("not_found", 4404)
    assert await refused(TARGET, {**charlie, "x-org-id": desk.cast.alpha.pk}) == ("not_found", 4404)
    assert await refused("/sync/v1/sessions/ses_new", desk.by_carol) == ("not_found", 4404)
    wrong = {"authorization": "Bearer oc_dev_guess"}
    assert await refused(TARGET, wrong) == ("credentials_invalid", 4401)


async def test_revoked_device_loses_its_socket_at_once(desk: Desk) -> None:
    device = await Device.objects.aget(pk=desk.carols.id)
    async with ASGISocket(TARGET, desk.by_carol) as socket:
        await socket.frame("welcome")
        await sync_to_async(device_revoke)(device=device, actor=THE_CONSOLE)
        assert await socket.closed() == 4401


async def test_removed_member_loses_the_devices_socket_at_once(desk: Desk) -> None:
    membership = await sync_to_async(desk.cast.membership)(desk.cast.carol)
    async with ASGISocket(TARGET, desk.by_carol) as socket:
        await socket.frame("welcome")
        await sync_to_async(membership_remove)(membership=membership, actor=acting(desk.cast.alice))
        assert await socket.closed() == 4403


async def test_device_revoked_elsewhere_loses_its_socket_within_a_heartbeat(desk: Desk, settings: LazySettings) -> None:
    settings.SYNC_HEARTBEAT_SECONDS = 0.2
    async with ASGISocket(TARGET, desk.by_carol) as socket:
        await socket.frame("welcome")
        await Device.objects.filter(pk=desk.carols.id).aupdate(revoked_at=desk.session.created_at)
        assert await socket.closed() == 4401


async def test_secret_of_a_devices_share_opens_a_socket_only_while_the_device_lives(desk: Desk) -> None:
    share = await Share.objects.acreate(session=desk.session, secret_version=1, device_id=desk.carols.id)
    path = f"/sync/v1/sessions/{share.pk}"
    headers = {"authorization": f"Bearer {derive_share_secret(share.pk, 1)}"}
    device = await Device.objects.aget(pk=desk.carols.id)
    async with ASGISocket(path, headers) as socket:
        assert (await socket.frame("welcome"))["role"] == "editor"
        await sync_to_async(device_revoke)(device=device, actor=THE_CONSOLE)
        assert await socket.closed() == 4401
    assert await refused(path, headers) == ("credentials_invalid", 4401)
