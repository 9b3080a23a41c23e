"""Addresses of steering."""

from django.urls import path, re_path

from steering.pages import bridge, machines

app_name = "steering"
urlpatterns = [
    re_path(r"^agent/bridge-(?P<version>[0-9.]{1,20})\.tgz$", bridge.bridge_download, name="bridge"),
    path("machines/", machines.machine_list, name="machines"),
]
