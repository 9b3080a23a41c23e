"""Every HTTP address of Django's part; the agents' routes and the sockets are in asgi.py."""

from django.contrib import admin
from django.urls import include, path

from opencode import views

urlpatterns = [
    path("", views.home, name="home"),
    path("healthz", views.healthz, name="healthz"),
    path("readyz", views.readyz, name="readyz"),
    path("accounts/", include("accounts.urls")),
    path("workspaces/", include("workspaces.urls")),
    path("admin/", admin.site.urls),
]
