"""Who a session is by: the person where one is known, and the token, key or agent it was made with, for good."""

import re
from collections.abc import Awaitable, Callable
from importlib import import_module
from typing import Any, Final

import pytest
from asgiref.sync import sync_to_async
from django.apps import apps

from accounts.models import Device
from opencode.lib.actor import THE_CONSOLE
from sync.models import Session
from sync.store import SessionMaker
from tests.cast import Cast, browser
from tests.support.agent_client import AgentClient
from tests.support.asgi_socket import ASGISocket
from tests.support.devices import device_of
from tests.support.plans import recorded
from workspaces.models import APIKey, ShareToken
from workspaces.services.accounts import account_erase
from workspaces.services.api_keys import api_key_create
from workspaces.services.share_tokens import share_token_create

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("sync_runtime")]
WHO: Final = re.compile(r'class="session-who"><span title="([^"]*)">(.*?)</span></td>')
Make = Callable[[Cast], Awaitable[None]]


async def by_token(cast: Cast) -> None:
    _, secret = await sync_to_async(share_token_create)(
        workspace=cast.alpha, created_by=cast.alice, name="ci runner", actor=THE_CONSOLE
    )
    await AgentClient(prefix=f"/w/{secret}").create()


async def by_device(cast: Cast) -> None:
    signed_in = await sync_to_async(device_of)(cast.bob, name="Bob's laptop")
    await AgentClient(account=signed_in.access, org=cast.alpha.pk).create()


async def by_device_socket(cast: Cast) -> None:
    signed_in = await sync_to_async(device_of)(cast.bob, name="Bob's laptop")
    headers = {"authorization": f"Bearer {signed_in.access}", "x-org-id": cast.alpha.pk}
    async with ASGISocket("/sync/v1/sessions/ses_1", headers) as socket:
        await socket.frame("welcome")


async def by_key(cast: Cast, *, is_service: bool = False) -> None:
    _, secret = await sync_to_async(api_key_create)(
        workspace=cast.alpha,
        created_by=cast.alice if is_service else cast.bob,
        is_service_key=is_service,
        name="nightly",
        scopes=["sync:write"],
        actor=THE_CONSOLE,
    )
    async with ASGISocket("/sync/v1/sessions/ses_1", {"authorization": f"Bearer {secret}"}) as socket:
        await socket.frame("welcome")


async def by_service_key(cast: Cast) -> None:
    await by_key(cast, is_service=True)


MADE: Final = [
    (by_token, "", "ci runner", "share token", "token"),
    (by_device, "Bob", "Bob&#x27;s laptop", "signed-in agent", "device"),
    (by_device_socket, "Bob", "Bob&#x27;s laptop", "signed-in agent", "device"),
    (by_key, "Bob", "nightly", "API key", "key"),
    (by_service_key, "", "nightly", "API key", "key"),
]


def forget_credentials() -> None:
    ShareToken.objects.all().delete()
    APIKey.objects.all().delete()
    Device.objects.all().delete()


def said_of(cast: Cast) -> tuple[str, str, str, Any]:
    """What the list, the page and the API say of the one session."""
    alice = browser(cast.alice)
    row = WHO.search(alice.get("/workspaces/alpha/sessions/").content.decode())
    assert row is not None
    page = alice.get("/workspaces/alpha/sessions/ses_1/").content.decode()
    shared = re.search(r"<dt>Shared by</dt>\s*<dd>\s*(.*?)\s*</dd>", page, re.DOTALL)
    assert shared is not None
    item = alice.get("/api/v1/workspaces/alpha/sessions/ses_1").json()
    return row[1], re.sub(r"<.*?>", "", row[2]), re.sub(r"<.*?>|&#x27;", "", shared[1]), item["made_with"]


@pytest.mark.parametrize("is_gone", [False, True], ids=["while it stands", "when it is gone"])
@pytest.mark.parametrize(("make", "person", "name", "kind", "word"), MADE, ids=[made[0].__name__ for made in MADE])
async def test_who_is_said_with_the_name_of_what_it_was_made_with(
    cast: Cast, make: Make, person: str, name: str, kind: str, word: str, is_gone: bool
) -> None:
    await make(cast)
    await sync_to_async([lambda: None, forget_credentials][is_gone])()
    title, shown, shared, made_with = await sync_to_async(said_of)(cast)
    plain = name.replace("&#x27;", "'")
    assert shown == f"{person} {name}".strip()
    assert title == ", ".join(filter(None, [person and "bob@example.com", f"{kind} {name}"]))
    assert shared == (f"{person}, {kind} {plain}" if person else f"{plain} ({kind})").replace("'", "")
    assert (made_with["kind"], made_with["name"]) == (word, plain)
    assert made_with["id"] == (await Session.objects.aget()).made_with_id


async def test_a_name_is_looked_up_for_a_new_session_only(cast: Cast) -> None:
    _, secret = await sync_to_async(share_token_create)(
        workspace=cast.alpha, created_by=cast.alice, name="ci runner", actor=THE_CONSOLE
    )
    agent = AgentClient(prefix=f"/w/{secret}")
    await agent.create()
    with recorded() as asked:
        await agent.create()
    assert [each.sql for each in asked if "name" in each.sql and "sharetoken" in each.sql] == []
    await ShareToken.objects.aupdate(name="renamed")
    await agent.create()
    assert (await Session.objects.aget()).made_with_name == "ci runner"


@pytest.mark.parametrize(
    ("maker", "name"),
    [
        (SessionMaker("Bob", "b@example.com", "dev_1", "laptop"), "Bob"),
        (SessionMaker("", "", "tok_1", "ci"), "ci"),
        (SessionMaker("", "", "dev_1", ""), "signed-in agent"),
        (SessionMaker("", "", "", ""), "unknown"),
    ],
)
def test_who_is_never_blank(maker: SessionMaker, name: str) -> None:
    assert maker.name == name


async def test_an_erased_persons_names_for_their_machines_go_with_them(cast: Cast) -> None:
    await by_device(cast)
    await by_token(cast)
    await sync_to_async(account_erase)(cast.bob.pk, frozenset())
    assert (await Session.objects.aget()).made_with_name == ""


async def test_sessions_of_before_are_filled_from_the_audit_log(cast: Cast) -> None:
    await by_token(cast)
    await AgentClient(account=(await sync_to_async(device_of)(cast.bob)).access, org=cast.alpha.pk).create("ses_2")
    await AgentClient(account=(await sync_to_async(device_of)(cast.carol)).access, org=cast.alpha.pk).create("ses_1")
    expected = await sync_to_async(made)()
    await Session.objects.aupdate(made_with_id="", made_with_name="")
    await sync_to_async(import_module("sync.migrations.0014_fill_session_makers").fill)(apps, None)
    assert await sync_to_async(made)() == expected
    assert [name for _, name in expected.values()] == ["ci runner", "laptop"]


def made() -> dict[str, tuple[str, str]]:
    rows = Session.objects.order_by("client_id").values_list("client_id", "made_with_id", "made_with_name")
    return {client_id: (credential, name) for client_id, credential, name in rows}
