"""Who reads which session through a page: anyone with a live share, or a member of its workspace."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Concatenate, ParamSpec

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt

from opencode.lib.actor import Actor
from opencode.lib.errors import Denial, MethodNotAllowed, NotFound
from opencode.lib.http import denial_response, request_id_of
from sync.models import Session, Share
from sync.sharing import shared_session, workspace_session
from workspaces.access import WorkspaceAccess, page_access, workspace_access

P = ParamSpec("P")


@dataclass(frozen=True, slots=True)
class Reading:
    """A session its reader may see, and through what: exactly one of `share` and `access` is set."""

    session: Session
    share: Share | None = None
    access: WorkspaceAccess | None = None

    def url(self, name: str) -> str:
        """The address of this session's `page`, `json`, `md` or `fragments`, as this reader may use it."""
        suffix = "" if name == "page" else f"-{name}"
        if self.share is not None:
            return reverse(f"sync:share{suffix}", args=[self.share.pk])
        return reverse(f"sync:session{suffix}", args=[self._slug, self.session.client_id])

    def may(self, permission: str) -> bool:
        """Whether a member reads, and one whose role allows it."""
        return self.access is not None and self.access.can(permission)

    @property
    def actor(self) -> Actor:
        """The member who reads; nobody who has only the link acts."""
        assert self.access is not None
        return self.access.actor

    @property
    def socket_path(self) -> str:
        if self.share is not None:
            return f"/sync/v1/sessions/{self.share.pk}"
        return f"/sync/v1/sessions/{self.session.client_id}?workspace={self._slug}"

    @property
    def _slug(self) -> str:
        return self.access.workspace.slug if self.access is not None else ""


def share_reading(share_id: str) -> Reading:
    """Raises NotFound, the same for a share that never was, was revoked or has expired."""
    share = shared_session(share_id)
    if share is None:
        raise NotFound
    return Reading(share.session, share=share)


def member_reading(
    request: HttpRequest, slug: str, client_id: str, *, is_page: bool = False, permission: str = "session.view"
) -> Reading:
    """Raises what `workspace_access` raises, and NotFound for a session that is not this workspace's."""
    access = page_access(request, slug, permission) if is_page else workspace_access(request.user, slug, permission)
    session = workspace_session(access.workspace, client_id)
    if session is None:
        raise NotFound
    return Reading(session, access=access)


def member_page(request: HttpRequest, session: Session) -> str:
    """The session page's address when the person signed in here may open it, else an empty string."""
    if session.workspace is None or not request.user.is_authenticated:
        return ""
    try:
        access = workspace_access(request.user, session.workspace.slug, "session.view")
    except Denial:
        return ""
    return Reading(session, access=access).url("page")


def read_only(
    view: Callable[Concatenate[HttpRequest, P], HttpResponseBase],
) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
    """GET and HEAD only; any other method is refused in the denial contract, whatever token it carries."""

    @wraps(view)
    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if request.method in {"GET", "HEAD"}:
            return view(request, *args, **kwargs)
        response = denial_response(MethodNotAllowed(), request_id_of(request))
        response["Allow"] = "GET, HEAD"
        return response

    return csrf_exempt(guarded)
