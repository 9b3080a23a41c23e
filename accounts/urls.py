"""Addresses under /accounts/: ours, then allauth's."""

from allauth.account.views import password_reset_from_key
from django.urls import include, path, re_path

from accounts.views import devices, first_owner

ours = [
    path("first-owner/<str:token>", first_owner.first_owner, name="first_owner"),
    path("devices/", devices.device_list, name="devices"),
    path("devices/<str:device_id>/revoke/", devices.device_end, name="device_revoke"),
]

urlpatterns = [
    path("", include((ours, "accounts"))),
    # allauth's own pattern has no room for the underscore of our ids.
    re_path(
        r"^password/reset/key/(?P<uidb36>usr_[0-9A-Za-z]+)-(?P<key>.+)/$",
        password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path("", include("allauth.urls")),
]
