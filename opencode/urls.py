"""Every HTTP address of Django's part; the agents' routes and the sockets are in asgi.py."""

from django.contrib import admin
from django.urls import include, path

from accounts.api import device_code, device_token
from accounts.views.devices import device
from opencode.web import palette, views
from opencode.web.docs import views as docs
from opencode.web.jsonapi import PREFIX, api
from opencode.web.overview import views as overview
from workspaces.views import agents, github, github_calls

urlpatterns = [
    path("", views.home, name="home"),
    path("healthz", views.healthz, name="healthz"),
    path("readyz", views.readyz, name="readyz"),
    path("metrics", views.metrics, name="metrics"),
    path("docs/api", views.api_reference_page, name="api_reference"),
    path("docs/errors", views.error_codes, name="error_codes"),
    path("docs", docs.index, name="docs"),
    path("docs/<path:address>", docs.page, name="document"),
    path(f"{PREFIX}docs", docs.of_api, name="api_docs"),
    path("auth/device/code", device_code, name="device_code"),
    path("auth/device/token", device_token, name="device_token"),
    path("device", device, name="device"),
    path("api/user", agents.user, name="agent_user"),
    path("api/orgs", agents.orgs, name="agent_orgs"),
    path("exchange_github_app_token", github_calls.exchange, name="github_exchange"),
    path("exchange_github_app_token_with_pat", github_calls.exchange_of_person, name="github_exchange_of_person"),
    path("get_github_app_installation", github_calls.installation, name="github_installation"),
    path("github/callback", github.claimed, name="github_claimed"),
    path(f"{PREFIX}openapi.json", views.openapi, name="openapi"),
    path("api/config", agents.config, name="agent_config"),
    path(".well-known/opencode", agents.well_known, name="well_known"),
    path(PREFIX, api.urls),
    path("accounts/", include("accounts.urls")),
    path("workspaces/", include("workspaces.urls")),
    path("workspaces/<slug:slug>/", overview.page, name="overview"),
    path("workspaces/<slug:slug>/find", palette.find, name="find"),
    path("workspaces/<slug:slug>/now", overview.now, name="overview_now"),
    path("", include("billing.urls")),
    path("", include("sync.urls")),
    path("", include("steering.urls")),
    path("", include("gateway.urls")),
    path("admin/", admin.site.urls),
]

handler400 = "opencode.web.refusals.bad_request"
handler403 = "opencode.web.refusals.permission_denied"
handler404 = "opencode.web.refusals.page_not_found"
handler429 = "opencode.web.refusals.too_many_requests"
handler500 = "opencode.web.refusals.server_error"
