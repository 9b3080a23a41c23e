"""A person's machines, what waits in lists and on pages, and the bridge as agents fetch it."""

import io
import json
import tarfile
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from accounts.models import Device
from opencode.lib.clock import utc_now
from steering.models import AgentProcess, Ask, Machine
from steering.plugin import BRIDGE_VERSION
from steering.services.purging import KEPT, machines_purge
from sync.live.publishing import session_publish_sync
from sync.models import Session
from sync.protocol.keys import ask_key
from sync.protocol.updates import Update
from tests.cast import Cast, SignIn
from tests.support.bridges import COMMAND
from workspaces.models import Workspace

pytestmark = pytest.mark.django_db


def process_of(cast: Cast, *, name: str = "laptop", workspace: Workspace | None = None) -> AgentProcess:
    device, _ = Device.objects.get_or_create(user=cast.carol, name="login")
    machine, _ = Machine.objects.get_or_create(device=device, name=name)
    return AgentProcess.objects.create(
        machine=machine,
        client_id=f"p{AgentProcess.objects.count()}",
        workspace=workspace or cast.alpha,
        agent="opencode/1.18.33",
        directory="/srv/web",
        resume_hash="",
        hash_version=1,
    )


def asked(cast: Cast, session: Session | None = None, **more: Any) -> Ask:
    process = process_of(cast)
    fields: dict[str, Any] = {
        "asked_at": utc_now(),
        "content": json.dumps(COMMAND),
        "kind": "permission",
        "digest": "",
        **more,
    }
    return Ask.objects.create(
        process=process,
        client_id=f"per_{Ask.objects.count()}",
        user=cast.carol,
        workspace=cast.alpha,
        session=session,
        session_client_id="ses_1",
        root_client_id="ses_1",
        **fields,
    )


@pytest.fixture
def session(cast: Cast) -> Session:
    return Session.objects.create(client_id="ses_1", title="one", workspace=cast.alpha, owner_key=cast.alpha.pk)


def text_of(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


def test_list_says_whom_a_session_waits_for(cast: Cast, sign_in: SignIn, session: Session) -> None:
    list_path = "/workspaces/alpha/sessions/"
    assert "Waits" not in text_of(sign_in(cast.carol), list_path)
    asked(cast, session)
    asked(cast, session)
    assert "Waits for you (2)" in text_of(sign_in(cast.carol), list_path)
    others = text_of(sign_in(cast.bob), list_path)
    assert "Waits (2)" in others
    assert "Waits for you" not in others


def test_list_that_is_kept_up_to_date_changes_when_something_waits(
    cast: Cast, sign_in: SignIn, session: Session
) -> None:
    carol, path = sign_in(cast.carol), "/workspaces/alpha/sessions/rows"
    before = carol.get(path)["ETag"]
    ask = asked(cast, session)
    waiting = carol.get(path, headers={"If-None-Match": before})
    assert (waiting.status_code, "Waits for you" in waiting.content.decode()) == (200, True)
    Ask.objects.filter(pk=ask.pk).update(is_open=False, state="once")
    assert "Waits" not in text_of(carol, path)


def test_members_page_of_the_session_shows_what_waits_and_the_links_does_not(
    cast: Cast, sign_in: SignIn, session: Session
) -> None:
    ask = asked(cast, session)
    document = {"ask": ask.pk, "kind": "permission", "state": "open", "person": "Carol", "machine": "laptop"}
    content = json.dumps({**document, "session": "ses_1", "root": "ses_1", "content": COMMAND})
    session_publish_sync(session_id=session.pk, updates=[Update(ask_key("ses_1", ask.client_id), content)])
    page = text_of(sign_in(cast.bob), "/workspaces/alpha/sessions/ses_1/")
    assert "rm -rf build" in page
    assert "Waits for <bdi>Carol</bdi>" in page
    share = session.shares.create(secret_version=1)
    assert "rm -rf build" not in text_of(Client(), f"/share/{share.pk}")


def test_machines_show_who_runs_there_and_what_waits(cast: Cast, sign_in: SignIn) -> None:
    carol = sign_in(cast.carol)
    assert "No machines yet" in text_of(carol, "/machines/")
    asked(cast)
    AgentProcess.objects.update(last_seen_at=utc_now())
    gone = process_of(cast, name="desktop")
    AgentProcess.objects.filter(pk=gone.pk).update(ended_at=utc_now(), directory="/srv/gone")
    page = text_of(carol, "/machines/")
    assert all(words in page for words in ("laptop", "/srv/web", "opencode/1.18.33", "Waits for you", "desktop"))
    assert "/srv/gone" not in page
    assert "laptop" not in text_of(sign_in(cast.bob), "/machines/")


def test_machines_of_a_revoked_login_are_not_shown(cast: Cast, sign_in: SignIn) -> None:
    process_of(cast)
    Device.objects.update(revoked_at=utc_now())
    assert "laptop" not in text_of(sign_in(cast.carol), "/machines/")


def test_tarball_holds_the_bridge_and_its_name(client: Client) -> None:
    answer = client.get(f"/agent/bridge-{BRIDGE_VERSION}.tgz")
    with tarfile.open(fileobj=io.BytesIO(answer.content)) as archive:
        names = archive.getnames()
        package = json.load(archive.extractfile("package/package.json"))  # type: ignore[arg-type]
    assert names == ["package/package.json", "package/bridge.js"]
    assert (package["name"], package["version"]) == ("console-bridge", BRIDGE_VERSION)
    assert client.get("/agent/bridge-0.0.1.tgz").status_code == 404


def test_what_ended_long_ago_is_removed_with_what_it_waited_for(cast: Cast) -> None:
    now = utc_now()
    old = asked(cast).process
    AgentProcess.objects.filter(pk=old.pk).update(ended_at=now - KEPT - timedelta(hours=1))
    kept = asked(cast)
    assert machines_purge(now=now) == 1
    assert list(Ask.objects.all()) == [kept]
    Machine.objects.update(last_seen_at=now - KEPT - timedelta(hours=1))
    Workspace.objects.filter(pk=cast.alpha.pk).update(purged_at=now)
    assert machines_purge(now=now) == 1
    assert (Machine.objects.count(), Ask.objects.count()) == (0, 0)
