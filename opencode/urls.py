"""Every HTTP address of Django's part; the agents' routes and the sockets are in asgi.py."""

from django.contrib import admin
from django.urls import include, path

from opencode import views

urlpatterns = [
    path("", views.home, name="home"),
    path("healthz", views.healthz, name="healthz"),
    path("readyz", views.readyz, name="readyz"),
    path("docs/errors", views.error_codes, name="error_codes"),
    path("accounts/", include("accounts.urls")),
    path("workspaces/", include("workspaces.urls")),
    path("", include("sync.urls")),
    path("admin/", admin.site.urls),
]

handler400 = "opencode.refusals.bad_request"
handler403 = "opencode.refusals.permission_denied"
handler404 = "opencode.refusals.page_not_found"
handler429 = "opencode.refusals.too_many_requests"
handler500 = "opencode.refusals.server_error"
