"""Who may open which session, in which role, and which rows end that right when they end."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from importlib import import_module
from typing import Any, Final

from django.conf import settings
from django.contrib.auth import get_user
from django.db.models import Q
from django.http import HttpRequest

from accounts.credentials import is_device_token
from accounts.models import User
from accounts.selectors.sessions import browser_session_id
from opencode.lib.errors import CredentialsInvalid, CredentialsMissing, NotFound, OriginForbidden
from sync.live.origins import is_own_origin
from sync.live.tickets import find_ticket, take_ticket
from sync.live.watching import WatchedFacts, facts_now
from sync.models import Session, Share, SocketTicket
from sync.protocol.keys import is_session_id
from sync.sharing import is_share_secret_valid, live_shares, maker_of, read_share_secret
from workspaces.access import KeyAccess, device_access, key_access
from workspaces.errors import ScopeMissing
from workspaces.keys.format import API_KEY_PREFIX
from workspaces.models import APIKey, Membership
from workspaces.selectors.credentials import credential_name

VIEWER: Final = "viewer"
EDITOR: Final = "editor"
CLIENTS: Final = frozenset({"web", "ide", "desktop", "agent"})


@dataclass(frozen=True, slots=True)
class SessionRequest:
    """What a handshake shows: the id in its path, its headers, the address it comes from; "" for what is missing.

    `fetch_site` (`Sec-Fetch-Site`) is given for plain reads only, where browsers may name no Origin.
    """

    target: str
    authorization: str = ""
    session_cookie: str = ""
    origin: str = ""
    host: str = ""
    ip: str | None = None
    workspace: str = ""
    org: str = ""
    user_agent: str = ""
    client: str = ""
    fetch_site: str = ""
    ticket: str = ""


@dataclass(frozen=True, slots=True)
class SessionAccess:
    """The session a socket is for, its role, and the rows it depends on: when one ends, the socket is closed.

    `name` is the person's, empty for a reader who has only the link; `client` is web, ide, desktop or agent. With
    `is_masked` it reads the masked history.
    """

    session_id: int
    client_id: str
    role: str
    share_id: str = ""
    key_id: str = ""
    membership_id: str = ""
    name: str = ""
    client: str = "web"
    workspace_id: str = ""
    device_id: str = ""
    browser_id: str = ""
    is_masked: bool = False

    @property
    def is_by_link(self) -> bool:
        """Whether the reader has nothing but a share's link."""
        return bool(self.share_id) and self.role == VIEWER


Decision = SessionAccess | Callable[[], SessionAccess]
"""An access, or a function that writes what is needed first and then returns one; it may wait for a lock."""


def access_decide(request: SessionRequest) -> Decision:
    """Decide by the strongest credential shown: a ticket, a bearer, a live share's id, a sign-in cookie.

    A bearer is an API key, a device's access token or a share's secret. An API key with `sync:write`, and a device that
    names its workspace, open a session that does not exist yet. Raises CredentialsMissing, CredentialsInvalid,
    ScopeMissing, OriginForbidden, NotFound. Only reads; runs in a thread, outside `atomic()`.
    """
    if not is_session_id(request.target):
        raise NotFound
    if request.ticket:
        return _by_ticket(request)
    bearer = request.authorization.removeprefix("Bearer ").strip() if request.authorization else ""
    if bearer.startswith(API_KEY_PREFIX):
        return _by_key(request, key_access(bearer, ip=request.ip))
    if is_device_token(bearer):
        return _by_device(request, bearer)
    share = live_share(request.target)
    if bearer:
        return _by_share_secret(request, share, bearer)
    if share is not None and not share.is_for_members:
        return _by_share(share, VIEWER)
    return _by_cookie(request)


def live_share(share_id: str) -> Share | None:
    """The share while it lives: neither revoked nor expired, its workspace neither deleted nor blocked."""
    return live_shares().select_related("session__workspace").filter(id=share_id).first()


def _by_key(request: SessionRequest, key: KeyAccess) -> Decision:
    if not key.scopes & {"sync:read", "sync:write"}:
        raise ScopeMissing
    role = EDITOR if "sync:write" in key.scopes else VIEWER
    session_id = _session_in(key.workspace_id, request.target)
    if session_id is None and role != EDITOR:
        raise NotFound
    access = SessionAccess(
        session_id or 0,
        request.target,
        role,
        key_id=key.key_id,
        membership_id=key.membership_id or "",
        name=_name_of_key(key),
        client=_client(request, "ide"),
        workspace_id=key.workspace_id,
    )
    return access if session_id is not None else partial(_created, access, key.user_id)


def _session_in(workspace_id: str, client_id: str) -> int | None:
    found: int | None = (
        Session.objects.filter(owner_key=workspace_id, client_id=client_id).values_list("id", flat=True).first()
    )
    return found


def _created(access: SessionAccess, user_id: str | None) -> SessionAccess:
    """The access with its session, which is created unless another request has just done so."""
    credential_id = access.key_id or access.device_id
    made: dict[str, Any] = {
        "workspace_id": access.workspace_id,
        "created_by_id": user_id,
        "made_with_id": credential_id,
        # Looked up for a session that is new, and for no other.
        "made_with_name": lambda: credential_name(credential_id),
    }
    session, _ = Session.objects.get_or_create(owner_key=access.workspace_id, client_id=access.client_id, defaults=made)
    return replace(access, session_id=session.pk)


def _by_device(request: SessionRequest, token: str) -> Decision:
    """Access as the device's person, in the workspace `x-org-id` names or the one of theirs that has the session."""
    device = device_access(token, request.org, ip=request.ip, user_agent=request.user_agent)
    if request.org:
        device.require("session.publish")
        session_id = _session_in(device.workspace_id, request.target)
    else:
        session, membership = _session_of_person(device.user_id, request)
        session_id = session.pk
        device = device_access(token, membership.workspace_id, ip=request.ip, user_agent=request.user_agent)
        device.require("session.publish")
    access = SessionAccess(
        session_id or 0,
        request.target,
        EDITOR,
        membership_id=device.membership_id,
        name=User.objects.get(id=device.user_id).display_name,
        client=_client(request, "agent"),
        workspace_id=device.workspace_id,
        device_id=device.device_id,
    )
    return access if session_id is not None else partial(_created, access, device.user_id)


def _name_of_key(key: KeyAccess) -> str:
    """The person's name; a service key's own."""
    if key.user_id is None:
        return str(APIKey.objects.values_list("name", flat=True).get(id=key.key_id))
    return User.objects.get(id=key.user_id).display_name


def _client(request: SessionRequest, default: str) -> str:
    return request.client if request.client in CLIENTS else default


def _by_share_secret(request: SessionRequest, share: Share | None, bearer: str) -> SessionAccess:
    secret = read_share_secret(bearer)
    if share is None or secret is None or secret.share_id != share.id or not is_share_secret_valid(secret):
        raise CredentialsInvalid
    maker = maker_of(share) if share.device_id else None
    if share.device_id and maker is None:
        raise CredentialsInvalid
    return _by_share(share, EDITOR, _client(request, "agent"), maker)


def _by_share(share: Share, role: str, client: str = "web", maker: Membership | None = None) -> SessionAccess:
    session = share.session
    return SessionAccess(
        session.pk,
        session.client_id,
        role,
        share_id=share.id,
        membership_id=maker.pk if maker is not None else "",
        client=client,
        workspace_id=session.workspace_id or "",
        device_id=share.device_id if maker is not None else "",
        is_masked=role == VIEWER and share.masks_secrets,
    )


def _by_ticket(request: SessionRequest) -> Decision:
    """The access the ticket was issued for, if every row it depends on is still valid. A ticket works once."""
    ticket = find_ticket(request.ticket)
    if ticket is None:
        raise CredentialsInvalid
    is_good = ticket.target == request.target and _stands(ticket)
    return partial(_taken, ticket.pk, _of_ticket(ticket, request) if is_good else None)


def _taken(ticket_id: int, access: SessionAccess | None) -> SessionAccess:
    if not take_ticket(ticket_id) or access is None:
        raise CredentialsInvalid
    return access


def _stands(ticket: SocketTicket) -> bool:
    needed_ids = (ticket.share_id, ticket.key_id, ticket.membership_id, ticket.device_id, ticket.browser_id)
    needed = WatchedFacts(*(frozenset({name} - {""}) for name in needed_ids))
    return facts_now([ticket.session_id], needed).alive == needed


def _of_ticket(ticket: SocketTicket, request: SessionRequest) -> SessionAccess:
    return SessionAccess(
        ticket.session_id,
        ticket.session.client_id,
        ticket.role,
        share_id=ticket.share_id,
        key_id=ticket.key_id,
        membership_id=ticket.membership_id,
        name=ticket.name,
        client=_client(request, "web"),
        workspace_id=ticket.session.workspace_id or "",
        device_id=ticket.device_id,
        browser_id=ticket.browser_id,
        is_masked=bool(ticket.share_id) and ticket.role == VIEWER,
    )


def _by_cookie(request: SessionRequest) -> SessionAccess:
    user = _user_of(request)
    if not isinstance(user, User) or not user.is_active:
        raise CredentialsMissing
    session, membership = _session_of_person(user.pk, request)
    return SessionAccess(
        session.pk,
        session.client_id,
        VIEWER,
        membership_id=membership.pk,
        name=user.display_name,
        client=_client(request, "web"),
        workspace_id=membership.workspace_id,
        browser_id=browser_session_id(request.session_cookie),
    )


def _session_of_person(user_id: str, request: SessionRequest) -> tuple[Session, Membership]:
    """The session in one of the person's workspaces, or in the one that is named; raises NotFound."""
    memberships = Membership.objects.filter(user=user_id, workspace__deleted_at=None, workspace__blocked_at=None)
    if request.workspace:
        former = Q(workspace__slug_claims__slug=request.workspace)
        memberships = memberships.filter(former | Q(workspace__slug=request.workspace))
    places = {membership.workspace_id: membership for membership in memberships}
    session = (
        Session.objects.filter(owner_key__in=places, client_id=request.target).order_by("-last_activity_at").first()
    )
    if session is None or session.workspace_id is None:
        raise NotFound
    return session, places[session.workspace_id]


def _user_of(request: SessionRequest) -> Any:
    """The user the cookie signs in; raises OriginForbidden when a page of another site sends it."""
    if not request.session_cookie:
        return None
    read_from_own_page = not request.origin and request.fetch_site == "same-origin"
    if not read_from_own_page and not is_own_origin(request.origin, request.host):
        raise OriginForbidden
    engine = import_module(settings.SESSION_ENGINE)
    stand_in = HttpRequest()
    stand_in.session = engine.SessionStore(request.session_cookie)
    return get_user(stand_in)
