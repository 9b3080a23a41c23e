"""The bridge as agents fetch it: by an address that names its version, since agents keep what they fetched."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from opencode.lib.errors import NotFound
from steering.plugin import BRIDGE_VERSION, bridge_tarball


@require_safe
def bridge_download(request: HttpRequest, version: str) -> HttpResponse:
    """The tarball of the present version; raises NotFound for any other."""
    if version != BRIDGE_VERSION:
        raise NotFound
    response = HttpResponse(bridge_tarball(), content_type="application/gzip")
    response["Cache-Control"] = "public, max-age=86400"
    return response
