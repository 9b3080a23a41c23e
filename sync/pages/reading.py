"""Who reads which session through a page: a visitor with a live link, or a member of its workspace."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt

from opencode.lib.actor import Actor
from opencode.lib.errors import CredentialsMissing, Denial, MethodNotAllowed, NotFound
from opencode.lib.http import denial_response, request_id_of
from sync.errors import SessionGone
from sync.models import Session, Share
from sync.sharing import masked_epoch, masked_read, shared_session, without_asks, workspace_session
from sync.store import Piece, StateRead, Window, maker_of
from workspaces.access import WorkspaceAccess, page_access, workspace_access

P = ParamSpec("P")
Read = TypeVar("Read", StateRead, Window, Piece)


@dataclass(frozen=True, slots=True)
class ReadableSession:
    """A session with what lets the reader see it: exactly one of `share` and `access` is set."""

    session: Session
    share: Share | None = None
    access: WorkspaceAccess | None = None

    @property
    def is_masked(self) -> bool:
        """Whether secrets are masked for this reader."""
        return self.share is not None and self.share.masks_secrets

    @property
    def epoch(self) -> str:
        """The epoch of the history this reader sees, as the session's row has it."""
        return masked_epoch(self.session.epoch) if self.is_masked else self.session.epoch

    def shown(self, read: Read | None) -> Read:
        """What was read of the session, as this reader sees it. Raises SessionGone when there was nothing to read."""
        if read is None:
            raise SessionGone
        if self.share is None:
            return read
        return masked_read(read) if self.is_masked else without_asks(read)

    def url(self, name: str) -> str:
        """The address of this session's `page`, `json`, `md` or `fragments`, for this reader."""
        suffix = "" if name == "page" else f"-{name}"
        if self.share is not None:
            return reverse(f"sync:share{suffix}", args=[self.share.pk])
        return reverse(f"sync:session{suffix}", args=[self._slug, self.session.client_id])

    def may(self, permission: str) -> bool:
        """Whether the reader is a member whose role has the permission."""
        return self.access is not None and self.access.can(permission)

    @property
    def actor(self) -> Actor:
        """The member who reads. Only for members: a visitor with a link cannot act."""
        assert self.access is not None
        return self.access.actor

    @property
    def person(self) -> str:
        """Who wrote the messages of role user, as members see it; empty for readers by a link, who know no names."""
        if self.share is not None:
            return ""
        maker = maker_of(self.session)
        return maker.person or maker.credential

    @property
    def socket_path(self) -> str:
        if self.share is not None:
            return f"/sync/v1/sessions/{self.share.pk}"
        return f"/sync/v1/sessions/{self.session.client_id}?workspace={self._slug}"

    @property
    def _slug(self) -> str:
        return self.access.workspace.slug if self.access is not None else ""


def share_reading(share_id: str) -> ReadableSession:
    """Raises NotFound alike for a share that never existed, was revoked or has expired, or is for members only."""
    return linked_reading(live_link(share_id))


def live_link(share_id: str) -> Share:
    """The live share with its session and workspace. Raises NotFound."""
    share = shared_session(share_id)
    if share is None:
        raise NotFound
    return share


def linked_reading(share: Share) -> ReadableSession:
    """What the link alone shows. Raises NotFound when that is nothing, as it is for members only."""
    if share.is_for_members:
        raise NotFound
    return ReadableSession(share.session, share=share)


def members_address(request: HttpRequest, session: Session) -> str:
    """Where a link for members leads its visitor. Raises CredentialsMissing when nobody is signed in, else NotFound."""
    if not request.user.is_authenticated:
        raise CredentialsMissing
    address = member_page(request, session)
    if not address:
        raise NotFound
    return address


def member_reading(
    request: HttpRequest, slug: str, client_id: str, *, is_page: bool = False, permission: str = "session.view"
) -> ReadableSession:
    """Raises the errors of `workspace_access`, and NotFound for a session of another workspace."""
    access = page_access(request, slug, permission) if is_page else workspace_access(request.user, slug, permission)
    session = workspace_session(access.workspace, client_id)
    if session is None:
        raise NotFound
    return ReadableSession(session, access=access)


def member_page(request: HttpRequest, session: Session) -> str:
    """The session page's address when the signed-in person may open it, else an empty string."""
    if session.workspace is None or not request.user.is_authenticated:
        return ""
    try:
        access = workspace_access(request.user, session.workspace.slug, "session.view")
    except Denial:
        return ""
    return ReadableSession(session, access=access).url("page")


def read_only(
    view: Callable[Concatenate[HttpRequest, P], HttpResponseBase],
) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
    """Decorator: GET and HEAD only. Any other method gets a denial, whatever token the request carries."""

    @wraps(view)
    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if request.method in {"GET", "HEAD"}:
            return view(request, *args, **kwargs)
        response = denial_response(MethodNotAllowed(), request_id_of(request))
        response["Allow"] = "GET, HEAD"
        return response

    return csrf_exempt(guarded)
