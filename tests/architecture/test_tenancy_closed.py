"""The tenancy matrix, continued: agents' addresses, `/sync/v1` and sockets of closed workspaces, suspended people."""

from collections import defaultdict

import pytest
from asgiref.sync import sync_to_async
from django.conf import settings as django_settings

from accounts.models import User
from opencode.lib.actor import SYSTEM, Actor
from opencode.lib.clock import utc_now
from tests.architecture.tenancy_table import ACCOUNT_CALLS, AGENT_CALLS, API_CALLS, SOCKETS
from tests.architecture.test_tenancy_live import body_of, cookie_of, key_of, opening, status_of, world  # noqa: F401
from tests.architecture.world import World
from tests.support.asgi_http import asgi_client
from tests.support.devices import device_of
from workspaces.models import Workspace
from workspaces.services.blocks import workspace_block

pytestmark = pytest.mark.django_db(transaction=True)
Answers = dict[str, set[str]]
FOR_ALL = {"share_delete_admin", "share_poll"}
"""Routes of agents that answer everybody the same."""
CREATES = {"create", "share_create"}
ENDS = {"share", "share_delete"}
"""Whoever holds a link's secret may end the link, whatever has become of the rest."""


class Askers:
    """Made before something is closed."""

    def __init__(self, cookie: str, device: dict[str, str], keys: list[str]) -> None:
        self.cookie, self.device, self.keys = cookie, device, keys


async def askers_of(world: World) -> Askers:  # noqa: F811
    cast = world.cast
    device = (await sync_to_async(device_of)(cast.alice)).bearer
    keys = [await key_of(cast.alpha, cast.alice, scope) for scope in ("sync:read", "sync:write")]
    return Askers(await cookie_of(cast.alice), {**device, "x-org-id": cast.alpha.pk}, keys)


async def got(world: World, askers: Askers) -> Answers:  # noqa: F811
    """What each credential is answered anywhere in alpha: statuses, and the codes of sockets."""
    found: Answers = defaultdict(set)
    names, secret = world.names, world.share_secret
    own_page = {"cookie": askers.cookie, "origin": django_settings.PUBLIC_URL}
    bearers = [("key", {"authorization": f"Bearer {key}"}) for key in askers.keys]
    credentials = [("cookie", own_page), *bearers, ("secret", {"authorization": f"Bearer {secret}"})]
    for row in [row for row in API_CALLS if row.route != "session"]:
        for asker, headers in credentials:
            found[asker].add(str(await status_of(row.method, row.path.format(**names), headers)))
    for socket in [socket for socket in SOCKETS if "sessions" in socket.route]:
        found["socket"].add(await opening(socket.path.format(**names), askers.cookie))
    async with asgi_client(host="127.0.0.1:8000") as http:

        async def ask(asker: str, method: str, path: str, **headers: str) -> None:
            answer = await http.request(method, path, json=body_of(AGENT_CALLS[0], secret), headers=headers)
            found[asker].add(str(answer.status_code))

        for call in [call for call in AGENT_CALLS if call.route not in FOR_ALL]:
            await ask("token", call.method, f"/w/{world.alphas_token}{call.path.format(**names)}")
        for call in [call for call in AGENT_CALLS if call.route not in FOR_ALL | CREATES | ENDS]:
            await ask("secret", call.method, call.path.format(**names))
        for call in [call for call in ACCOUNT_CALLS if call.route not in ENDS]:
            await ask("device", call.method, call.path.format(**names), **askers.device)
    return found


async def test_deleted_workspace_is_nowhere_for_any_credential(world: World) -> None:  # noqa: F811
    askers = await askers_of(world)
    await Workspace.objects.filter(pk=world.cast.alpha.pk).aupdate(deleted_at=utc_now())
    assert await got(world, askers) == {
        "token": {"404"},
        "secret": {"401", "404"},
        "device": {"404"},
        "cookie": {"401", "404"},
        "key": {"401"},
        "socket": {"4404"},
    }


async def test_blocked_workspace_is_closed_for_every_credential(world: World) -> None:  # noqa: F811
    askers = await askers_of(world)
    await sync_to_async(workspace_block)(workspace=world.cast.alpha, actor=Actor(SYSTEM, reason="a bill"))
    assert await got(world, askers) == {
        "token": {"403"},
        "secret": {"401", "404"},
        "device": {"403", "404"},
        "cookie": {"401", "404"},
        "key": {"403"},
        "socket": {"4404"},
    }


async def test_suspended_person_has_what_the_link_gives_and_nothing_more(world: World) -> None:  # noqa: F811
    askers = await askers_of(world)
    await User.objects.filter(pk=world.cast.alice.pk).aupdate(is_active=False)
    answers = await got(world, askers)
    assert (answers["device"], answers["key"]) == ({"401"}, {"401"})
    assert answers["cookie"] == {"200", "401", "403"}
    assert answers["socket"] == {"4401", "open"}
