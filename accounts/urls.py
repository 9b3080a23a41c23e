"""URLs under /accounts/: ours, then allauth's."""

from allauth.account.views import password_reset_from_key
from allauth.socialaccount.providers.github import views as github
from allauth.socialaccount.providers.google import views as google
from django.urls import include, path, re_path
from django.views.generic import RedirectView

from accounts.views import confirmation, data, deletion, devices, emails, first_owner, profile, sessions
from accounts.views.providers import if_set_up

ours = [
    path("first-owner/<str:token>", first_owner.first_owner, name="first_owner"),
    path("devices/", devices.device_list, name="devices"),
    path("devices/<str:device_id>/revoke/", devices.device_end, name="device_revoke"),
    path("email-change/<str:token>", emails.email_change, name="email_change"),
    path("profile/", profile.profile, name="profile"),
    path("sessions/", sessions.sessions, name="sessions"),
    path("sessions/<int:session_id>/end/", sessions.end, name="session_end"),
    path("sessions/end-others/", sessions.end_others, name="sessions_end_others"),
    path("data/", data.data, name="data"),
    path("data/export/", data.export_ask, name="export_ask"),
    path("data/exports/<str:export_id>/", data.export_page, name="export"),
    path("data/exports/<str:export_id>/download", data.export_download, name="export_download"),
    path("delete/", deletion.delete, name="delete"),
    path("restore/", deletion.restore, name="restore"),
    path("restore/<str:secret>/", deletion.restore_by_link, name="restore_by_link"),
]

urlpatterns = [
    path("", include((ours, "accounts"))),
    # allauth's own pattern does not match the underscore in our ids.
    re_path(
        r"^password/reset/key/(?P<uidb36>usr_[0-9A-Za-z]+)-(?P<key>.+)/$",
        password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    # In place of allauth's: both mailboxes have to agree.
    path("email/", emails.email, name="account_email"),
    # allauth's page, which also says whether a password set before still works.
    re_path(r"^confirm-email/(?P<key>[-:\w]+)/$", confirmation.confirm, name="account_confirm_email"),
    path("", include("allauth.account.urls")),
    # Passkeys are on the page of all second factors.
    path("2fa/webauthn/", RedirectView.as_view(pattern_name="mfa_index"), name="mfa_list_webauthn"),
    path("2fa/", include("allauth.mfa.urls")),
    path("3rdparty/", include("allauth.socialaccount.urls")),
    path("github/login/", if_set_up(github.oauth2_login), name="github_login"),
    path("github/login/callback/", if_set_up(github.oauth2_callback), name="github_callback"),
    path("google/login/", if_set_up(google.oauth2_login), name="google_login"),
    path("google/login/callback/", if_set_up(google.oauth2_callback), name="google_callback"),
    path("", include("allauth.socialaccount.providers.openid_connect.urls")),
]
