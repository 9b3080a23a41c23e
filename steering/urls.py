"""Addresses of steering."""

from django.urls import path, re_path

from steering.pages import asks, bridge, machines, policies

app_name = "steering"
urlpatterns = [
    re_path(r"^agent/bridge-(?P<version>[0-9.]{1,20})\.tgz$", bridge.bridge_download, name="bridge"),
    re_path(r"^asks/(?P<ask_id>ask_[0-9A-Z]{26})/$", asks.ask_page, name="ask"),
    path("workspaces/<slug:slug>/steering/", policies.ceiling, name="ceiling"),
    path("machines/", machines.machine_list, name="machines"),
]
