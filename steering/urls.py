"""Addresses of steering."""

from django.urls import path, re_path

from steering.pages import asks, bridge, controls, inbox, machines, notifications, policies

app_name = "steering"
urlpatterns = [
    re_path(r"^agent/bridge-(?P<version>[0-9.]{1,20})\.tgz$", bridge.bridge_download, name="bridge"),
    re_path(r"^asks/(?P<ask_id>ask_[0-9A-Z]{26})/$", asks.ask_page, name="ask"),
    re_path(
        r"^workspaces/(?P<slug>[a-z0-9-]+)/sessions/(?P<client_id>[A-Za-z0-9_.:@-]{1,128})/steer/$",
        controls.controls,
        name="controls",
    ),
    path("workspaces/<slug:slug>/steering/", policies.ceiling, name="ceiling"),
    path("workspaces/<slug:slug>/inbox/", inbox.inbox, name="inbox"),
    path("inbox/", inbox.inbox_of_person, name="inbox-of-person"),
    path("accounts/notifications/", notifications.notifications, name="notifications"),
    path("push-worker.js", notifications.push_worker, name="push-worker"),
    path("machines/", machines.machine_list, name="machines"),
]
