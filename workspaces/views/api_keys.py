"""API keys: list, make, revoke. Members see and end their own, admins everybody's."""

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_safe

from opencode.lib.clock import utc_now
from opencode.lib.errors import NotFound
from opencode.lib.paging import NEWEST_FIRST
from workspaces.access import WorkspaceAccess, page_access
from workspaces.errors import KeyLimitReached
from workspaces.forms.credentials import APIKeyForm
from workspaces.models import APIKey
from workspaces.ports import spending_this_month
from workspaces.selectors.credentials import api_keys
from workspaces.services.api_keys import api_key_create, api_key_revoke


@require_safe
def key_list(request: HttpRequest, slug: str) -> HttpResponse:
    access = page_access(request, slug, "key.view")
    place = NEWEST_FIRST.read_or_first(request.GET.get("before"))
    page = NEWEST_FIRST.page(_keys(access), place)
    roots = {key.pk: key.root_id or key.pk for key in page.rows}
    spent = spending_this_month(access.workspace.pk, "key", set(roots.values()))
    context = {
        "access": access,
        "nav": "keys",
        "sees_all": access.can("key.manage_all"),
        "page": page,
        "spending": {name: spent.get(root, (0, 0)) for name, root in roots.items()},
        "is_first": place is None,
        "now": utc_now(),
    }
    return render(request, "workspaces/keys.html", context)


@never_cache
@sensitive_variables("secret")
@require_http_methods(["GET", "HEAD", "POST"])
def key_create(request: HttpRequest, slug: str) -> HttpResponse:
    """The answer to the POST is the one page that ever shows the key."""
    access = page_access(request, slug, "key.create")
    posted = request.POST if request.method == "POST" else None
    form = APIKeyForm(posted, may_make_service_keys=access.can("key.manage_all"))
    context = {"access": access, "nav": "keys", "form": form}
    if request.method == "POST" and form.is_valid():
        try:
            key, secret = api_key_create(
                workspace=access.workspace,
                created_by=access.user,
                name=form.cleaned_data["name"],
                scopes=form.cleaned_data["scopes"],
                actor=access.actor,
                expires_at=form.expires_at(),
                is_service_key=form.cleaned_data.get("is_service_key", False),
            )
        except KeyLimitReached as limit:
            form.add_error(None, limit.message)
        else:
            return render(request, "workspaces/key_created.html", {**context, "key": key, "secret": secret})
    return render(request, "workspaces/key_create.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def key_revoke(request: HttpRequest, slug: str, key_id: str) -> HttpResponse:
    """GET asks, naming the key; POST revokes."""
    access = page_access(request, slug, "key.view")
    key = key_of(access, key_id)
    if request.method == "POST":
        api_key_revoke(key=key, actor=access.actor)
        messages.success(request, f"The key {key.name} ({key.prefix}…) is revoked.")
        return redirect("workspaces:keys", slug)
    return render(request, "workspaces/key_revoke.html", {"access": access, "nav": "keys", "key": key})


def key_of(access: WorkspaceAccess, key_id: str) -> APIKey:
    """A key that the person may see: their own, for owners and admins any of the workspace. Raises NotFound."""
    key = _keys(access).filter(pk=key_id).first()
    if key is None:
        raise NotFound
    return key


def _keys(access: WorkspaceAccess) -> QuerySet[APIKey]:
    return api_keys(access.workspace, only_of=None if access.can("key.manage_all") else access.user)
