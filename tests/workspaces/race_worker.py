"""A process that acts when it is told to: run beside others on one database.

Each line on standard input is an act, `{"at": <seconds since 1970>, "act": …, …}`; the process waits until that moment,
to the tenth of a millisecond, and answers with one line that begins with ANSWER: what came of it.
"""

import json
import os
import sys
import time
from typing import Any

import django

ANSWER = "answer: "
TWINS_MEET_SECONDS = 0.03
PAGES: list[Any] = []
"""The page of the console that `sign_in` opened last."""


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "opencode.settings.embedded")
    django.setup()
    from django.db import connection

    connection.ensure_connection()
    answer("ready")
    for line in sys.stdin:
        answer(outcome(json.loads(line)))


def answer(text: str) -> None:
    """Mails and logs may be printed here too: answers are told by how they begin."""
    sys.stdout.write(f"{ANSWER}{text}\n")
    sys.stdout.flush()


def outcome(order: dict[str, Any]) -> str:
    """`done`, or the code of the refusal, or the name of what broke."""
    from opencode.lib.errors import Denial

    act = ACTS[order.pop("act")]
    at = order.pop("at")
    while (wait := at - time.time()) > 0:
        time.sleep(wait / 2 if wait > 0.0002 else 0)
    try:
        return act(**order) or "done"
    except Denial as denial:
        return denial.code
    except Exception as error:
        return f"{type(error).__name__}: {error}"


def seed(number: int) -> str:
    """A workspace with two owners, two that want another slug, somebody invited, somebody alone: their ids."""
    from allauth.account.models import EmailAddress

    from accounts.models import User
    from opencode.lib.actor import PERSON, THE_CONSOLE, Actor
    from workspaces.models import Role
    from workspaces.services.invitations import invitation_create
    from workspaces.services.memberships import membership_add
    from workspaces.services.workspaces import workspace_create

    def person(name: str) -> User:
        user = User.objects.create_user(f"{name}{number}@example.com")
        EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
        return user

    one, two, guest = person("one"), person("two"), person("guest")
    team = workspace_create(owner=one, name=f"Team {number}", actor=THE_CONSOLE)
    deputy = membership_add(workspace=team, user=two, role=Role.OWNER, actor=THE_CONSOLE)
    other = workspace_create(owner=guest, name=f"Other {number}", actor=THE_CONSOLE)
    invitation = invitation_create(workspace=team, email=guest.email, role=Role.ADMIN, actor=Actor(PERSON, one.pk))
    ids = {"team": team.pk, "other": other.pk, "invitation": invitation.pk, "guest": guest.pk, "two": two.pk}
    return json.dumps({**ids, "one": one.pk, "owner": team.memberships.get(user=one).pk, "deputy": deputy.pk})


def accept(invitation: str, user: str) -> None:
    from accounts.models import User
    from opencode.lib.actor import THE_CONSOLE
    from workspaces.models import Invitation
    from workspaces.services.invitations import invitation_accept

    found = Invitation.objects.select_related("workspace").get(pk=invitation)
    invitation_accept(invitation=found, user=User.objects.get(pk=user), actor=THE_CONSOLE)


def change(membership: str, by: str, **changes: Any) -> None:
    from opencode.lib.actor import PERSON, Actor
    from workspaces.models import Membership
    from workspaces.services.memberships import membership_change

    membership_change(membership=Membership.objects.get(pk=membership), actor=Actor(PERSON, by), **changes)


def changes(team: str) -> str:
    """What the log has of members' roles and limits, in order, and everybody's limit."""
    from workspaces.models import AuditEntry, Membership

    entries = AuditEntry.objects.filter(workspace_id=team, action__in=("member.role", "member.limit"))
    limits = Membership.objects.filter(workspace_id=team).values_list("pk", "monthly_limit")
    acts = list(entries.order_by("seq").values_list("action", "actor_id"))
    return json.dumps({"acts": acts, "limits": dict(limits)})


def leave(membership: str) -> None:
    from opencode.lib.actor import THE_CONSOLE
    from workspaces.models import Membership
    from workspaces.services.memberships import membership_leave

    membership_leave(membership=Membership.objects.get(pk=membership), actor=THE_CONSOLE)


def move(workspace: str, slug: str) -> None:
    from opencode.lib.actor import THE_CONSOLE
    from workspaces.models import Workspace
    from workspaces.services.slugs import workspace_slug_set

    workspace_slug_set(workspace=Workspace.objects.get(pk=workspace), slug=slug, actor=THE_CONSOLE)


def create(owner: str, name: str) -> str:
    """Answers the slug."""
    from accounts.models import User
    from opencode.lib.actor import THE_CONSOLE
    from workspaces.services.workspaces import workspace_create

    return workspace_create(owner=User.objects.get(pk=owner), name=name, actor=THE_CONSOLE).slug


def close(user: str) -> None:
    from accounts.services.deletions import account_delete
    from opencode.lib.actor import PERSON, Actor

    account_delete(actor=Actor(PERSON, user))


def delete(workspace: str) -> None:
    from opencode.lib.actor import THE_CONSOLE
    from workspaces.models import Workspace
    from workspaces.services.deletions import workspace_delete

    workspace_delete(workspace=Workspace.objects.get(pk=workspace), actor=THE_CONSOLE)


def sign_in(user: str) -> None:
    """Opens a page of the console for what `call` asks."""
    from django.test import Client

    from accounts.models import User

    PAGES[:] = [Client(SERVER_NAME="127.0.0.1")]
    PAGES[0].force_login(User.objects.get(pk=user))


def call(path: str, body: dict[str, Any], key: str) -> str:
    """A POST of the JSON API with an Idempotency-Key, slow enough for twins to meet: status, whether repeated, body."""
    from unittest import mock

    from workspaces.api import keys as operations

    def late(*args: Any, find: Any = operations.workspace_call, **options: Any) -> Any:
        time.sleep(TWINS_MEET_SECONDS)
        return find(*args, **options)

    with mock.patch.object(operations, "workspace_call", late):
        asked = PAGES[0].post(path, body, content_type="application/json", headers={"Idempotency-Key": key})
    answer = [asked.status_code, "Idempotency-Replayed" in asked, asked.json()]
    return json.dumps(answer)


def keys(team: str) -> str:
    """How many API keys the workspace has, and how many of its acts say so."""
    from workspaces.models import APIKey, AuditEntry

    acts = AuditEntry.objects.filter(workspace=team, action="key.create")
    return json.dumps({"keys": APIKey.objects.filter(workspace=team).count(), "acts": acts.count()})


def state(team: str) -> str:
    """Who belongs to the workspace as what, its slug, and what its log counts."""
    from django.db.models import Count

    from workspaces.models import AuditEntry, Workspace

    workspace = Workspace.objects.get(pk=team)
    acts = AuditEntry.objects.filter(workspace=workspace).order_by().values_list("action").annotate(Count("seq"))
    active = workspace.memberships.filter(user__is_active=True)
    roles = sorted(active.values_list("role", flat=True))
    return json.dumps({"roles": roles, "slug": workspace.slug, "acts": dict(acts)})


ACTS = {
    act.__name__: act
    for act in (seed, accept, change, changes, leave, move, create, close, delete, sign_in, call, keys, state)
}

if __name__ == "__main__":
    main()
