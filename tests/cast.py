"""The cast: alice owns the workspace alpha, bob is its admin, carol its member; charlie, an outsider, owns gamma."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.core.cache import cache
from django.test import Client

from accounts.middleware import NOTE_SECONDS, SEEN_KEY
from accounts.models import User
from accounts.sessionstore import stored_key
from opencode.lib.actor import PERSON, THE_CONSOLE, Actor
from workspaces.models import Membership, Role, Workspace
from workspaces.services.memberships import membership_add
from workspaces.services.workspaces import workspace_create

PASSWORD = "correct horse battery staple"
BROWSER = {"Accept": "text/html,application/xhtml+xml"}

SignIn = Callable[[User], Client]


@dataclass(frozen=True)
class Cast:
    """The people and their workspaces; everybody's password is `PASSWORD`, everybody's address is verified."""

    alice: User
    bob: User
    carol: User
    charlie: User
    alpha: Workspace
    gamma: Workspace

    def membership(self, user: User, workspace: Workspace | None = None) -> Membership:
        return Membership.objects.get(user=user, workspace=workspace or self.alpha)


def person(name: str) -> User:
    """Somebody who has signed up and confirmed the address `<name>@example.com`."""
    user = User.objects.create_user(f"{name}@example.com", PASSWORD, name=name.capitalize())
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


def acting(user: User) -> Actor:
    """The person as whoever acts."""
    return Actor(PERSON, user.pk)


def owner_acting(workspace: Workspace) -> Actor:
    """An owner of the workspace as whoever acts."""
    return acting(Membership.objects.filter(workspace=workspace, role=Role.OWNER).earliest("pk").user)


def make_cast() -> Cast:
    """Through the product's own services; needs a database and nothing else."""
    alice, bob, carol, charlie = (person(name) for name in ("alice", "bob", "carol", "charlie"))
    alpha = workspace_create(owner=alice, name="alpha", actor=THE_CONSOLE)
    gamma = workspace_create(owner=charlie, name="gamma", actor=THE_CONSOLE)
    membership_add(workspace=alpha, user=bob, role=Role.ADMIN, actor=THE_CONSOLE)
    membership_add(workspace=alpha, user=carol, role=Role.MEMBER, actor=THE_CONSOLE)
    return Cast(alice=alice, bob=bob, carol=carol, charlie=charlie, alpha=alpha, gamma=gamma)


def browser(user: User | None = None) -> Client:
    """A browser without JavaScript: Django's test client that asks for pages, signed in as `user`."""
    client = Client(headers=BROWSER)
    if user is not None:
        client.force_login(user)
        key = client.session.session_key
        # As a sign-in through the form leaves it: on the list, and noted just now.
        UserSession.objects.create(
            user=user, session_key=stored_key(key), ip="127.0.0.1", user_agent="Firefox on Linux"
        )
        cache.set(f"{SEEN_KEY}{stored_key(key)}", True, NOTE_SECONDS)
    return client


@pytest.fixture
def cast(db: None) -> Cast:
    return make_cast()


@pytest.fixture
def sign_in() -> SignIn:
    """`sign_in(cast.alice)` is a browser signed in as alice."""
    return browser


@pytest.fixture
def owned_console(monkeypatch: pytest.MonkeyPatch) -> None:
    """A console whose owner has come already, so that others may sign up, with nobody in its tables."""
    monkeypatch.setattr("accounts.selectors.signup.person_exists", lambda: True)
    monkeypatch.setattr("accounts.adapter.account.person_exists", lambda: True)
