"""Who gets what at every address: the table behind `test_tenancy.py`. A new address needs a row here.

A page's row has five words for GET and five for POST (without any field): what the anonymous, the outsider charlie,
carol the member, bob the admin and alice the owner of the workspace alpha get. A word is a status, or:

    login   a redirect to the sign-in page (below /admin/ also to its front door, which is such a redirect)
    home    a redirect inside the console: the person may, and is led on

`path` names the world of the test in braces: `{session}` and `{share}` are alpha's, `{carols_key}` and `{bobs_key}` are
API keys in alpha, `{carols_device}` is her signed-in agent, `{carols_ask}` what it waits for,
`{alices_session}` is where alice is signed in, `{token}` is alpha's share token, `{webhook}` alpha's webhook with a
`{delivery}`, `{provider}` its provider key and `{model}` its own model, `{snapshot}` is of
alpha's session, `{alices_membership}` and `{carols_membership}` are people in it, `{invitation}` into it waits for
erin; `{gammas_…}` are those of charlie's workspace.
"""

from typing import Any, NamedTuple

from steering.plugin import BRIDGE_VERSION


class Page(NamedTuple):
    """`route` is the pattern as the resolver has it, all its parts joined."""

    route: str
    path: str
    get: str
    post: str


class AgentCall(NamedTuple):
    """A call of an agent's address about alpha's session, with one item and the share's secret where they apply.

    Five askers: somebody with nothing, alice's browser (its cookie counts for nothing here), charlie's agent with the
    share's secret but gamma's token in its path, an agent with alpha's token but no secret, and one with the secret.
    """

    route: str
    method: str
    path: str
    answers: str


class Socket(NamedTuple):
    """A WebSocket opened with the five people's cookies: `open`, or the code it is closed with."""

    route: str
    path: str
    answers: str


class Frame(NamedTuple):
    """What a socket answers to a frame of this type: `type` of the answer, or the code of its error.

    Four askers on alpha's session: somebody with the link, carol by her cookie, keys to read and to write with.
    """

    kind: str
    body: dict[str, Any]
    answers: str


class APICall(NamedTuple):
    """A request below `/sync/v1/` about alpha's session, with the credentials of eight askers.

    Nobody, then the cookies of charlie, carol and alice from a page of the console, a key of gamma to read with,
    keys of alpha to read and to write with, and the share's secret.
    """

    route: str
    method: str
    path: str
    answers: str


class Operation(NamedTuple):
    """An operation of the JSON API about alpha, with a `body` it accepts.

    `people`: nobody, then charlie, carol, bob and alice from a page of the console. `keys`: a key of gamma with every
    scope, then service keys of alpha, each with one scope, in the order of `workspaces.roles.SCOPES`.
    """

    id: str
    method: str
    path: str
    people: str
    keys: str
    body: dict[str, Any] | None = None


SHARE = r"^share/(?P<share_id>[A-Za-z0-9_-]+)"
SESSION = r"^workspaces/(?P<slug>[a-z0-9-]+)/sessions/(?P<client_id>[A-Za-z0-9_.:@-]{1,128})/"
SNAPSHOT = SESSION + r"snapshots/(?P<snapshot_id>[0-9]{1,18})/"
READ_ONLY = "405 405 405 405 405"
EVERYBODY = "200 200 200 200 200"
MEMBERS = "login 404 200 200 200"
SIGNED_IN = "login 200 200 200 200"
SIGNED_OUT = "200 home home home home"
LED_ON = "login home home home home"
NOWHERE = "404 404 404 404 404"
WITHOUT_ANY = "login 404 404 404 404"

PROJECT = [
    Page("", "/", "login home home home home", READ_ONLY),
    Page("healthz", "/healthz", EVERYBODY, READ_ONLY),
    Page("readyz", "/readyz", EVERYBODY, READ_ONLY),
    # From this machine, as the test's client is; who else may is in tests/server/test_metrics.py.
    Page("metrics", "/metrics", EVERYBODY, READ_ONLY),
    Page("docs/api", "/docs/api", EVERYBODY, READ_ONLY),
    Page("api/v1/openapi.json", "/api/v1/openapi.json", EVERYBODY, READ_ONLY),
    Page("docs/errors", "/docs/errors", EVERYBODY, READ_ONLY),
    Page("docs", "/docs", EVERYBODY, READ_ONLY),
    Page("docs/<path:address>", "/docs/operations", EVERYBODY, READ_ONLY),
    Page("api/v1/docs", "/api/v1/docs", "home home home home home", READ_ONLY),
    Page("exchange_github_app_token", "/exchange_github_app_token", READ_ONLY, NOWHERE),
    Page("exchange_github_app_token_with_pat", "/exchange_github_app_token_with_pat", READ_ONLY, NOWHERE),
    Page("get_github_app_installation", "/get_github_app_installation?owner=acme&repo=rocket", NOWHERE, READ_ONLY),
    Page("github/callback", "/github/callback?state=x&code=y", "home home home home home", READ_ONLY),
    Page("auth/device/code", "/auth/device/code", READ_ONLY, "400 400 400 400 400"),
    Page("auth/device/token", "/auth/device/token", READ_ONLY, "400 400 400 400 400"),
    # For agents, by their own token: a browser's cookie counts for nothing.
    Page("api/user", "/api/user", "401 401 401 401 401", READ_ONLY),
    Page("api/orgs", "/api/orgs", "401 401 401 401 401", READ_ONLY),
    Page("api/config", "/api/config", "401 401 401 401 401", READ_ONLY),
    Page(".well-known/opencode", "/.well-known/opencode", EVERYBODY, READ_ONLY),
    Page("device", "/device", SIGNED_IN, "login 422 422 422 422"),
    Page("accounts/devices/", "/accounts/devices/", SIGNED_IN, READ_ONLY),
    Page(
        "accounts/devices/<str:device_id>/revoke/",
        "/accounts/devices/{carols_device}/revoke/",
        "login 404 200 404 404",
        "login 404 home 404 404",
    ),
]

ACCOUNTS = [
    Page(
        "accounts/first-owner/<str:token>",
        "/accounts/first-owner/guess",
        "404 404 404 404 404",
        "404 404 404 404 404",
    ),
    Page("accounts/login/", "/accounts/login/", SIGNED_OUT, SIGNED_OUT),
    Page("accounts/signup/", "/accounts/signup/", SIGNED_OUT, SIGNED_OUT),
    Page("accounts/logout/", "/accounts/logout/", "login 200 200 200 200", "login login login login login"),
    Page("accounts/inactive/", "/accounts/inactive/", EVERYBODY, READ_ONLY),
    Page("accounts/reauthenticate/", "/accounts/reauthenticate/", SIGNED_IN, SIGNED_IN),
    Page("accounts/email/", "/accounts/email/", SIGNED_IN, LED_ON),
    Page("accounts/confirm-email/", "/accounts/confirm-email/", EVERYBODY, READ_ONLY),
    Page(
        r"accounts/^confirm-email/(?P<key>[-:\w]+)/$",
        "/accounts/confirm-email/guess/",
        EVERYBODY,
        "404 404 404 404 404",
    ),
    Page("accounts/password/change/", "/accounts/password/change/", SIGNED_IN, SIGNED_IN),
    Page("accounts/password/set/", "/accounts/password/set/", "login home home home home", "login home home home home"),
    Page("accounts/password/reset/", "/accounts/password/reset/", EVERYBODY, EVERYBODY),
    Page("accounts/password/reset/done/", "/accounts/password/reset/done/", EVERYBODY, READ_ONLY),
    Page("accounts/password/reset/key/done/", "/accounts/password/reset/key/done/", EVERYBODY, READ_ONLY),
    Page(
        r"accounts/^password/reset/key/(?P<uidb36>usr_[0-9A-Za-z]+)-(?P<key>.+)/$",
        "/accounts/password/reset/key/usr_0-guess/",
        EVERYBODY,
        EVERYBODY,
    ),
    Page(
        r"accounts/^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        "/accounts/password/reset/key/0-guess/",
        EVERYBODY,
        EVERYBODY,
    ),
    Page("accounts/login/code/", "/accounts/login/code/", SIGNED_OUT, SIGNED_OUT),
    Page("accounts/email-change/<str:token>", "/accounts/email-change/guess", NOWHERE, NOWHERE),
    Page("accounts/profile/", "/accounts/profile/", SIGNED_IN, LED_ON),
    Page("accounts/sessions/", "/accounts/sessions/", SIGNED_IN, READ_ONLY),
    Page(
        "accounts/sessions/<int:session_id>/end/",
        "/accounts/sessions/{alices_session}/end/",
        READ_ONLY,
        "login 404 404 404 home",
    ),
    Page("accounts/sessions/end-others/", "/accounts/sessions/end-others/", READ_ONLY, LED_ON),
    Page("accounts/2fa/", "/accounts/2fa/", SIGNED_IN, "login 405 405 405 405"),
    Page("accounts/2fa/authenticate/", "/accounts/2fa/authenticate/", LED_ON, LED_ON),
    Page("accounts/2fa/reauthenticate/", "/accounts/2fa/reauthenticate/", LED_ON, LED_ON),
    Page("accounts/2fa/recovery-codes/", "/accounts/2fa/recovery-codes/", WITHOUT_ANY, "login 405 405 405 405"),
    Page("accounts/2fa/recovery-codes/download/", "/accounts/2fa/recovery-codes/download/", WITHOUT_ANY, WITHOUT_ANY),
    Page("accounts/2fa/recovery-codes/generate/", "/accounts/2fa/recovery-codes/generate/", LED_ON, LED_ON),
    Page("accounts/2fa/totp/activate/", "/accounts/2fa/totp/activate/", LED_ON, LED_ON),
    Page("accounts/2fa/totp/deactivate/", "/accounts/2fa/totp/deactivate/", WITHOUT_ANY, WITHOUT_ANY),
    Page("accounts/2fa/webauthn/", "/accounts/2fa/webauthn/", "home home home home home", "home home home home home"),
    Page("accounts/2fa/webauthn/add/", "/accounts/2fa/webauthn/add/", LED_ON, LED_ON),
    Page("accounts/2fa/webauthn/keys/<int:pk>/edit/", "/accounts/2fa/webauthn/keys/1/edit/", LED_ON, LED_ON),
    Page("accounts/2fa/webauthn/keys/<int:pk>/remove/", "/accounts/2fa/webauthn/keys/1/remove/", LED_ON, LED_ON),
    Page("accounts/2fa/webauthn/login/", "/accounts/2fa/webauthn/login/", LED_ON, LED_ON),
    Page("accounts/2fa/webauthn/reauthenticate/", "/accounts/2fa/webauthn/reauthenticate/", LED_ON, LED_ON),
    Page("accounts/3rdparty/", "/accounts/3rdparty/", SIGNED_IN, SIGNED_IN),
    Page("accounts/3rdparty/login/cancelled/", "/accounts/3rdparty/login/cancelled/", EVERYBODY, READ_ONLY),
    Page("accounts/3rdparty/login/error/", "/accounts/3rdparty/login/error/", "401 401 401 401 401", READ_ONLY),
    Page(
        "accounts/3rdparty/signup/",
        "/accounts/3rdparty/signup/",
        "login login login login login",
        "login login login login login",
    ),
    # No provider is set up in the tests of addresses.
    Page("accounts/github/login/", "/accounts/github/login/", NOWHERE, NOWHERE),
    Page("accounts/github/login/callback/", "/accounts/github/login/callback/", NOWHERE, NOWHERE),
    Page("accounts/google/login/", "/accounts/google/login/", NOWHERE, NOWHERE),
    Page("accounts/google/login/callback/", "/accounts/google/login/callback/", NOWHERE, NOWHERE),
    Page("accounts/oidc/^(?P<provider_id>[^/]+)/login/", "/accounts/oidc/nobody/login/", NOWHERE, NOWHERE),
    Page(
        "accounts/oidc/^(?P<provider_id>[^/]+)/login/callback/",
        "/accounts/oidc/nobody/login/callback/",
        NOWHERE,
        NOWHERE,
    ),
    Page(
        "accounts/login/code/confirm/",
        "/accounts/login/code/confirm/",
        "login home home home home",
        "login home home home home",
    ),
]

DATA = [
    Page("accounts/data/", "/accounts/data/", SIGNED_IN, READ_ONLY),
    Page("accounts/data/export/", "/accounts/data/export/", READ_ONLY, "login home home home home"),
    Page(
        "accounts/data/exports/<str:export_id>/",
        "/accounts/data/exports/{carols_export}/",
        "login 404 200 404 404",
        READ_ONLY,
    ),
    Page(
        "accounts/data/exports/<str:export_id>/download",
        "/accounts/data/exports/{carols_export}/download",
        "login 404 404 404 404",
        READ_ONLY,
    ),
    Page("accounts/delete/", "/accounts/delete/", "login home home home home", "login home home home home"),
    Page("accounts/restore/", "/accounts/restore/", "login login login login login", "login login login login login"),
    Page(
        "accounts/restore/<str:secret>/",
        "/accounts/restore/guess/",
        "404 404 404 404 404",
        "404 404 404 404 404",
    ),
]

WORKSPACES = [
    Page("workspaces/", "/workspaces/", SIGNED_IN, READ_ONLY),
    Page("workspaces/new/", "/workspaces/new/", SIGNED_IN, "login 422 422 422 422"),
    Page("workspaces/<slug:slug>/", "/workspaces/alpha/", MEMBERS, READ_ONLY),
    Page("workspaces/<slug:slug>/find", "/workspaces/alpha/find?q=a", MEMBERS, READ_ONLY),
    Page("workspaces/<slug:slug>/now", "/workspaces/alpha/now", MEMBERS, READ_ONLY),
    Page("workspaces/<slug:slug>/", "/workspaces/nowhere/", "login 404 404 404 404", READ_ONLY),
    Page("workspaces/<slug:slug>/settings/", "/workspaces/alpha/settings/", MEMBERS, "login 404 403 422 422"),
    Page("workspaces/<slug:slug>/usage/", "/workspaces/alpha/usage/", MEMBERS, READ_ONLY),
    Page("workspaces/<slug:slug>/usage/", "/workspaces/gamma/usage/", "login 200 404 404 404", READ_ONLY),
    Page("workspaces/<slug:slug>/usage/export.csv", "/workspaces/alpha/usage/export.csv", MEMBERS, READ_ONLY),
    Page("workspaces/<slug:slug>/usage/requests/", "/workspaces/alpha/usage/requests/", MEMBERS, READ_ONLY),
    Page(
        "workspaces/<slug:slug>/usage/requests/one/",
        "/workspaces/alpha/usage/requests/one/?id=nothing",
        "login 404 404 404 404",
        READ_ONLY,
    ),
    Page(
        "workspaces/<slug:slug>/usage/rows/<int:row_id>/",
        "/workspaces/alpha/usage/rows/1/",
        "login 404 404 404 404",
        READ_ONLY,
    ),
    Page(
        "workspaces/<slug:slug>/billing/payments/",
        "/workspaces/alpha/billing/payments/",
        "login 404 403 200 200",
        READ_ONLY,
    ),
    Page(
        "workspaces/<slug:slug>/billing/statement/",
        "/workspaces/alpha/billing/statement/",
        "login 404 403 200 200",
        READ_ONLY,
    ),
    Page(
        "workspaces/<slug:slug>/billing/statement/export.csv",
        "/workspaces/alpha/billing/statement/export.csv",
        "login 404 403 200 200",
        READ_ONLY,
    ),
    Page(
        "workspaces/<slug:slug>/billing/statement/<int:first>-<int:last>/",
        "/workspaces/alpha/billing/statement/1-2/",
        "login 404 403 200 200",
        READ_ONLY,
    ),
    Page(
        "workspaces/<slug:slug>/billing/",
        "/workspaces/alpha/billing/",
        "login 404 403 200 200",
        "login 404 403 home home",
    ),
    # Without payments, as here, there is nothing to top up; with them tests/billing/stripe/test_pages.py holds who may.
    Page(
        "workspaces/<slug:slug>/billing/topup/",
        "/workspaces/alpha/billing/topup/",
        "login 404 403 403 409",
        "login 404 403 403 409",
    ),
    Page(
        "workspaces/<slug:slug>/billing/topup/<int:top_up_id>/",
        "/workspaces/alpha/billing/topup/1/",
        "login 404 403 403 404",
        READ_ONLY,
    ),
    Page(
        "workspaces/<slug:slug>/billing/auto/",
        "/workspaces/alpha/billing/auto/",
        "login 404 403 403 409",
        "login 404 403 403 409",
    ),
    Page(
        "workspaces/<slug:slug>/billing/auto/retry/",
        "/workspaces/alpha/billing/auto/retry/",
        READ_ONLY,
        "login 404 403 403 home",
    ),
    Page(
        "workspaces/<slug:slug>/billing/portal/",
        "/workspaces/alpha/billing/portal/",
        READ_ONLY,
        "login 404 403 403 409",
    ),
    Page(
        "workspaces/<slug:slug>/billing/plan/",
        "/workspaces/alpha/billing/plan/",
        "login 404 403 409 409",
        "login 404 403 403 409",
    ),
    Page("webhooks/stripe", "/webhooks/stripe", READ_ONLY, NOWHERE),
    Page("workspaces/<slug:slug>/audit/", "/workspaces/alpha/audit/", "login 404 403 200 200", READ_ONLY),
    Page(
        "workspaces/<slug:slug>/audit/export.csv",
        "/workspaces/alpha/audit/export.csv",
        READ_ONLY,
        "login 404 403 200 200",
    ),
    Page(
        "workspaces/<slug:slug>/configuration/",
        "/workspaces/alpha/configuration/",
        MEMBERS,
        "login 404 403 422 422",
    ),
    Page(
        "workspaces/<slug:slug>/configuration/common/",
        "/workspaces/alpha/configuration/common/",
        "login 404 403 200 200",
        "login 404 403 422 422",
    ),
    Page(
        "workspaces/<slug:slug>/configuration/history/",
        "/workspaces/alpha/configuration/history/",
        MEMBERS,
        READ_ONLY,
    ),
    Page(
        "workspaces/<slug:slug>/configuration/<int:number>/",
        "/workspaces/alpha/configuration/1/",
        MEMBERS,
        READ_ONLY,
    ),
    Page(
        "workspaces/<slug:slug>/configuration/<int:number>/restore/",
        "/workspaces/alpha/configuration/1/restore/",
        "login 404 403 200 200",
        "login 404 403 home home",
    ),
    Page("workspaces/<slug:slug>/keys/", "/workspaces/alpha/keys/", MEMBERS, READ_ONLY),
    Page("workspaces/<slug:slug>/keys/new/", "/workspaces/alpha/keys/new/", MEMBERS, "login 404 422 422 422"),
    Page("workspaces/<slug:slug>/keys/check/", "/workspaces/alpha/keys/check/", MEMBERS, "login 404 422 422 422"),
    Page(
        "workspaces/<slug:slug>/keys/<str:key_id>/",
        "/workspaces/alpha/keys/{carols_key}/",
        MEMBERS,
        "login 404 403 home home",
    ),
    Page(
        "workspaces/<slug:slug>/keys/<str:key_id>/",
        "/workspaces/alpha/keys/{bobs_key}/",
        "login 404 404 200 200",
        "login 404 404 home home",
    ),
    Page(
        "workspaces/<slug:slug>/keys/<str:key_id>/",
        "/workspaces/alpha/keys/{gammas_key}/",
        "login 404 404 404 404",
        "login 404 404 404 404",
    ),
    Page(
        "workspaces/<slug:slug>/keys/<str:key_id>/rotate/",
        "/workspaces/alpha/keys/{carols_key}/rotate/",
        "login 404 200 403 403",
        "login 404 422 403 403",
    ),
    Page(
        "workspaces/<slug:slug>/keys/<str:key_id>/rotate/",
        "/workspaces/alpha/keys/{gammas_key}/rotate/",
        "login 404 404 404 404",
        "login 404 404 404 404",
    ),
    Page(
        "workspaces/<slug:slug>/keys/<str:key_id>/revoke/",
        "/workspaces/alpha/keys/{carols_key}/revoke/",
        MEMBERS,
        "login 404 home home home",
    ),
    Page(
        "workspaces/<slug:slug>/keys/<str:key_id>/revoke/",
        "/workspaces/alpha/keys/{bobs_key}/revoke/",
        "login 404 404 200 200",
        "login 404 404 home home",
    ),
    Page(
        "workspaces/<slug:slug>/keys/<str:key_id>/revoke/",
        "/workspaces/alpha/keys/{gammas_key}/revoke/",
        "login 404 404 404 404",
        "login 404 404 404 404",
    ),
    Page("workspaces/<slug:slug>/tokens/", "/workspaces/alpha/tokens/", MEMBERS, READ_ONLY),
    Page(
        "workspaces/<slug:slug>/tokens/new/",
        "/workspaces/alpha/tokens/new/",
        "login 404 403 200 200",
        "login 404 403 422 422",
    ),
    Page(
        "workspaces/<slug:slug>/tokens/<str:token_id>/revoke/",
        "/workspaces/alpha/tokens/{token}/revoke/",
        "login 404 403 200 200",
        "login 404 403 home home",
    ),
    Page(
        "workspaces/<slug:slug>/tokens/<str:token_id>/revoke/",
        "/workspaces/alpha/tokens/{gammas_token}/revoke/",
        "login 404 403 404 404",
        "login 404 403 404 404",
    ),
    Page(
        "workspaces/<slug:slug>/connect/",
        "/workspaces/alpha/connect/",
        MEMBERS,
        "login 404 200 200 200",
    ),
    Page("workspaces/<slug:slug>/connect/state", "/workspaces/alpha/connect/state", "login 404 204 204 204", READ_ONLY),
    Page(
        "workspaces/<slug:slug>/models/",
        "/workspaces/alpha/models/",
        "login 404 200 200 200",
        "login 404 403 home home",
    ),
    Page(
        "workspaces/<slug:slug>/models/new/",
        "/workspaces/alpha/models/new/",
        "login 404 403 200 200",
        "login 404 403 422 422",
    ),
    Page(
        "workspaces/<slug:slug>/models/<str:model_id>/",
        "/workspaces/alpha/models/{model}/",
        "login 404 200 200 200",
        "login 404 403 home home",
    ),
    Page(
        "workspaces/<slug:slug>/models/<str:model_id>/switch/",
        "/workspaces/alpha/models/{model}/switch/",
        READ_ONLY,
        "login 404 403 home home",
    ),
    Page(
        "workspaces/<slug:slug>/models/<str:model_id>/call/",
        "/workspaces/alpha/models/{model}/call/",
        READ_ONLY,
        "login 404 403 home home",
    ),
    Page(
        "workspaces/<slug:slug>/models/<str:model_id>/call/",
        "/workspaces/alpha/models/{gammas_model}/call/",
        READ_ONLY,
        "login 404 403 404 404",
    ),
    Page(
        "workspaces/<slug:slug>/providers/<str:credential_id>/call/",
        "/workspaces/alpha/providers/{provider}/call/",
        READ_ONLY,
        "login 404 403 home home",
    ),
    Page(
        "workspaces/<slug:slug>/providers/<str:credential_id>/call/",
        "/workspaces/alpha/providers/{gammas_provider}/call/",
        READ_ONLY,
        "login 404 403 404 404",
    ),
    Page(
        "workspaces/<slug:slug>/models/<str:model_id>/delete/",
        "/workspaces/alpha/models/{model}/delete/",
        "login 404 403 200 200",
        "login 404 403 home home",
    ),
    Page(
        "workspaces/<slug:slug>/providers/<str:credential_id>/",
        "/workspaces/alpha/providers/{provider}/",
        "login 404 403 200 200",
        "login 404 403 422 422",
    ),
    Page(
        "workspaces/<slug:slug>/providers/<str:credential_id>/rotate/",
        "/workspaces/alpha/providers/{provider}/rotate/",
        "login 404 403 200 200",
        "login 404 403 422 422",
    ),
    Page(
        "workspaces/<slug:slug>/providers/<str:credential_id>/test/",
        "/workspaces/alpha/providers/{provider}/test/",
        READ_ONLY,
        "login 404 403 home home",
    ),
    Page(
        "workspaces/<slug:slug>/providers/<str:credential_id>/first/",
        "/workspaces/alpha/providers/{provider}/first/",
        READ_ONLY,
        "login 404 403 home home",
    ),
    Page(
        "workspaces/<slug:slug>/providers/<str:credential_id>/delete/",
        "/workspaces/alpha/providers/{provider}/delete/",
        "login 404 403 200 200",
        "login 404 403 home home",
    ),
    Page(
        "workspaces/<slug:slug>/models/<str:model_id>/",
        "/workspaces/alpha/models/{gammas_model}/",
        "login 404 404 404 404",
        "login 404 403 404 404",
    ),
    Page(
        "workspaces/<slug:slug>/models/<str:model_id>/switch/",
        "/workspaces/alpha/models/{gammas_model}/switch/",
        READ_ONLY,
        "login 404 403 404 404",
    ),
    Page(
        "workspaces/<slug:slug>/models/<str:model_id>/delete/",
        "/workspaces/alpha/models/{gammas_model}/delete/",
        "login 404 403 404 404",
        "login 404 403 404 404",
    ),
    Page(
        "workspaces/<slug:slug>/providers/<str:credential_id>/",
        "/workspaces/alpha/providers/{gammas_provider}/",
        "login 404 403 404 404",
        "login 404 403 404 404",
    ),
    Page(
        "workspaces/<slug:slug>/providers/<str:credential_id>/rotate/",
        "/workspaces/alpha/providers/{gammas_provider}/rotate/",
        "login 404 403 404 404",
        "login 404 403 404 404",
    ),
    Page(
        "workspaces/<slug:slug>/providers/<str:credential_id>/test/",
        "/workspaces/alpha/providers/{gammas_provider}/test/",
        READ_ONLY,
        "login 404 403 404 404",
    ),
    Page(
        "workspaces/<slug:slug>/providers/<str:credential_id>/first/",
        "/workspaces/alpha/providers/{gammas_provider}/first/",
        READ_ONLY,
        "login 404 403 404 404",
    ),
    Page(
        "workspaces/<slug:slug>/providers/<str:credential_id>/delete/",
        "/workspaces/alpha/providers/{gammas_provider}/delete/",
        "login 404 403 404 404",
        "login 404 403 404 404",
    ),
    Page(
        "workspaces/<slug:slug>/providers/",
        "/workspaces/alpha/providers/",
        "login 404 403 200 200",
        READ_ONLY,
    ),
    Page(
        "workspaces/<slug:slug>/providers/new/",
        "/workspaces/alpha/providers/new/",
        "login 404 403 200 200",
        "login 404 403 422 422",
    ),
    Page("workspaces/<slug:slug>/github/", "/workspaces/alpha/github/", MEMBERS, READ_ONLY),
    Page("workspaces/<slug:slug>/github/claim/", "/workspaces/alpha/github/claim/", READ_ONLY, "login 404 403 422 422"),
    Page(
        "workspaces/<slug:slug>/github/<int:owner_id>/release/",
        "/workspaces/alpha/github/100/release/",
        READ_ONLY,
        "login 404 403 home home",
    ),
    Page("workspaces/<slug:slug>/webhooks/", "/workspaces/alpha/webhooks/", "login 404 403 200 200", READ_ONLY),
    Page(
        "workspaces/<slug:slug>/webhooks/new/",
        "/workspaces/alpha/webhooks/new/",
        "login 404 403 200 200",
        "login 404 403 422 422",
    ),
    Page(
        "workspaces/<slug:slug>/webhooks/<str:webhook_id>/",
        "/workspaces/alpha/webhooks/{webhook}/",
        "login 404 403 200 200",
        "login 404 403 422 422",
    ),
    Page(
        "workspaces/<slug:slug>/webhooks/<str:webhook_id>/",
        "/workspaces/alpha/webhooks/{gammas_webhook}/",
        "login 404 403 404 404",
        "login 404 403 404 404",
    ),
    Page(
        "workspaces/<slug:slug>/webhooks/<str:webhook_id>/rotate/",
        "/workspaces/alpha/webhooks/{webhook}/rotate/",
        "login 404 403 200 200",
        "login 404 403 200 200",
    ),
    Page(
        "workspaces/<slug:slug>/webhooks/<str:webhook_id>/rotate/",
        "/workspaces/alpha/webhooks/{gammas_webhook}/rotate/",
        "login 404 403 404 404",
        "login 404 403 404 404",
    ),
    Page(
        "workspaces/<slug:slug>/webhooks/<str:webhook_id>/test/",
        "/workspaces/alpha/webhooks/{webhook}/test/",
        "405 405 405 405 405",
        "login 404 403 home home",
    ),
    Page(
        "workspaces/<slug:slug>/webhooks/<str:webhook_id>/test/",
        "/workspaces/alpha/webhooks/{gammas_webhook}/test/",
        "405 405 405 405 405",
        "login 404 403 404 404",
    ),
    Page(
        "workspaces/<slug:slug>/webhooks/<str:webhook_id>/<int:delivery_id>/repeat/",
        "/workspaces/alpha/webhooks/{webhook}/{delivery}/repeat/",
        "405 405 405 405 405",
        "login 404 403 home home",
    ),
    Page(
        "workspaces/<slug:slug>/webhooks/<str:webhook_id>/<int:delivery_id>/repeat/",
        "/workspaces/alpha/webhooks/{gammas_webhook}/{delivery}/repeat/",
        "405 405 405 405 405",
        "login 404 403 404 404",
    ),
    Page(
        "workspaces/<slug:slug>/webhooks/<str:webhook_id>/delete/",
        "/workspaces/alpha/webhooks/{webhook}/delete/",
        "login 404 403 200 200",
        "login 404 403 home home",
    ),
    Page(
        "workspaces/<slug:slug>/webhooks/<str:webhook_id>/delete/",
        "/workspaces/alpha/webhooks/{gammas_webhook}/delete/",
        "login 404 403 404 404",
        "login 404 403 404 404",
    ),
]

MANAGERS = "login 404 403 200 200"
OWNERS = "login 404 403 403 200"
FOREIGN = "login 404 403 404 404"
POST_ONLY = "405 405 405 405 405"
MEMBER = "workspaces/<slug:slug>/members/<str:member_id>/"
INVITATION = "workspaces/<slug:slug>/invitations/<str:invitation_id>/"

PEOPLE = [
    Page(
        "workspaces/invitations/<str:key>/",
        "/workspaces/invitations/guess/",
        "404 404 404 404 404",
        "404 404 404 404 404",
    ),
    Page(
        "workspaces/invitations/<str:key>/",
        "/workspaces/invitations/{invitation_secret}/",
        "200 403 403 403 403",
        "404 403 403 403 403",
    ),
    Page(
        "workspaces/invitations/<str:key>/",
        "/workspaces/invitations/{invitation}/",
        "404 404 404 404 404",
        "404 404 404 404 404",
    ),
    Page(
        "workspaces/<slug:slug>/settings/address/",
        "/workspaces/alpha/settings/address/",
        MANAGERS,
        "login 404 403 422 422",
    ),
    Page("workspaces/<slug:slug>/export/", "/workspaces/alpha/export/", OWNERS, "login 404 403 403 home"),
    Page("workspaces/<slug:slug>/leave/", "/workspaces/alpha/leave/", MEMBERS, "login 404 home home 409"),
    Page("workspaces/<slug:slug>/delete/", "/workspaces/alpha/delete/", OWNERS, "login 404 403 403 422"),
    Page(
        "workspaces/<slug:slug>/restore/",
        "/workspaces/alpha/restore/",
        "login 404 404 404 404",
        "login 404 404 404 404",
    ),
    Page("workspaces/<slug:slug>/members/", "/workspaces/alpha/members/", MEMBERS, READ_ONLY),
    Page(MEMBER, "/workspaces/alpha/members/{carols_membership}/", MANAGERS, "login 404 403 422 422"),
    Page(MEMBER, "/workspaces/alpha/members/{alices_membership}/", OWNERS, "login 404 403 403 422"),
    Page(MEMBER, "/workspaces/alpha/members/{gammas_membership}/", FOREIGN, FOREIGN),
    Page(
        MEMBER + "remove/",
        "/workspaces/alpha/members/{carols_membership}/remove/",
        MANAGERS,
        "login 404 403 home home",
    ),
    Page(
        MEMBER + "remove/",
        "/workspaces/alpha/members/{alices_membership}/remove/",
        OWNERS,
        "login 404 403 403 409",
    ),
    Page(MEMBER + "remove/", "/workspaces/alpha/members/{gammas_membership}/remove/", FOREIGN, FOREIGN),
    Page(
        MEMBER + "handover/",
        "/workspaces/alpha/members/{carols_membership}/handover/",
        OWNERS,
        "login 404 403 403 422",
    ),
    Page(
        MEMBER + "handover/",
        "/workspaces/alpha/members/{gammas_membership}/handover/",
        "login 404 403 403 404",
        "login 404 403 403 404",
    ),
    Page("workspaces/<slug:slug>/invitations/", "/workspaces/alpha/invitations/", MANAGERS, READ_ONLY),
    Page(
        "workspaces/<slug:slug>/invitations/new/",
        "/workspaces/alpha/invitations/new/",
        MANAGERS,
        "login 404 403 422 422",
    ),
    Page(
        INVITATION + "resend/",
        "/workspaces/alpha/invitations/{invitation}/resend/",
        POST_ONLY,
        "login 404 403 home home",
    ),
    Page(INVITATION + "resend/", "/workspaces/alpha/invitations/{gammas_invitation}/resend/", POST_ONLY, FOREIGN),
    Page(INVITATION + "link/", "/workspaces/alpha/invitations/{invitation}/link/", POST_ONLY, "login 404 403 200 200"),
    Page(INVITATION + "link/", "/workspaces/alpha/invitations/{gammas_invitation}/link/", POST_ONLY, FOREIGN),
    Page(
        INVITATION + "revoke/",
        "/workspaces/alpha/invitations/{invitation}/revoke/",
        MANAGERS,
        "login 404 403 home home",
    ),
    Page(INVITATION + "revoke/", "/workspaces/alpha/invitations/{gammas_invitation}/revoke/", FOREIGN, FOREIGN),
]

SYNC = [
    Page(SHARE + r"$", "/share/{share}", EVERYBODY, READ_ONLY),
    Page(r"^s/(?P<share_id>[A-Za-z0-9_-]+)$", "/s/{share}", EVERYBODY, READ_ONLY),
    Page(SHARE + r"\.json$", "/share/{share}.json", EVERYBODY, READ_ONLY),
    Page(SHARE + r"\.md$", "/share/{share}.md", EVERYBODY, READ_ONLY),
    Page(SHARE + r"/changes$", "/share/{share}/changes", EVERYBODY, READ_ONLY),
    Page(SHARE + r"/tools$", "/share/{share}/tools", EVERYBODY, READ_ONLY),
    Page(SHARE + r"/fragments$", "/share/{share}/fragments", "422 422 422 422 422", READ_ONLY),
    Page("workspaces/<slug:slug>/sessions/", "/workspaces/alpha/sessions/", MEMBERS, READ_ONLY),
    Page("workspaces/<slug:slug>/sessions/rows", "/workspaces/alpha/sessions/rows", MEMBERS, READ_ONLY),
    Page(SESSION + r"$", "/workspaces/alpha/sessions/{session}/", MEMBERS, READ_ONLY),
    Page(SESSION + r"$", "/workspaces/gamma/sessions/{session}/", "login 404 404 404 404", READ_ONLY),
    Page(SESSION + r"export\.json$", "/workspaces/alpha/sessions/{session}/export.json", MEMBERS, READ_ONLY),
    Page(SESSION + r"export\.md$", "/workspaces/alpha/sessions/{session}/export.md", MEMBERS, READ_ONLY),
    Page(SESSION + r"changes$", "/workspaces/alpha/sessions/{session}/changes", MEMBERS, READ_ONLY),
    Page(SESSION + r"tools$", "/workspaces/alpha/sessions/{session}/tools", MEMBERS, READ_ONLY),
    Page(SESSION + r"snapshots/latest$", "/workspaces/alpha/sessions/{session}/snapshots/latest", MEMBERS, READ_ONLY),
    Page("workspaces/<slug:slug>/deletions/", "/workspaces/alpha/deletions/", "login 404 403 200 200", READ_ONLY),
    Page(
        SESSION + r"delete/$",
        "/workspaces/alpha/sessions/{session}/delete/",
        "login 404 403 200 200",
        "login 404 403 422 422",
    ),
    Page(
        SESSION + r"delete/$",
        "/workspaces/gamma/sessions/{session}/delete/",
        "login 404 404 404 404",
        "login 404 404 404 404",
    ),
    Page(
        SESSION + r"shares/new/$",
        "/workspaces/alpha/sessions/{session}/shares/new/",
        MEMBERS,
        "login 404 422 422 422",
    ),
    Page(
        SESSION + r"shares/(?P<share_id>[A-Za-z0-9_-]+)/$",
        "/workspaces/alpha/sessions/{session}/shares/{share}/",
        MEMBERS,
        READ_ONLY,
    ),
    Page(
        SESSION + r"shares/(?P<share_id>[A-Za-z0-9_-]+)/$",
        "/workspaces/gamma/sessions/{session}/shares/{share}/",
        "login 404 404 404 404",
        READ_ONLY,
    ),
    Page("workspaces/<slug:slug>/links/", "/workspaces/alpha/links/", MEMBERS, READ_ONLY),
    Page(
        "workspaces/<slug:slug>/links/revoke/", "/workspaces/alpha/links/revoke/", READ_ONLY, "login 404 home home home"
    ),
    Page(
        "workspaces/<slug:slug>/links/rules/",
        "/workspaces/alpha/links/rules/",
        "login 404 403 200 200",
        "login 404 403 422 422",
    ),
    Page(
        SESSION + r"shares/(?P<share_id>[A-Za-z0-9_-]+)/end/$",
        "/workspaces/alpha/sessions/{session}/shares/{share}/end/",
        MEMBERS,
        "login 404 home home home",
    ),
    Page(
        SESSION + r"shares/(?P<share_id>[A-Za-z0-9_-]+)/end/$",
        "/workspaces/gamma/sessions/{session}/shares/{share}/end/",
        "login 404 404 404 404",
        "login 404 404 404 404",
    ),
    Page(
        SESSION + r"shares/(?P<share_id>[A-Za-z0-9_-]+)/secrets/$",
        "/workspaces/alpha/sessions/{session}/shares/{share}/secrets/",
        MEMBERS,
        "login 404 422 422 422",
    ),
    Page(
        SESSION + r"shares/(?P<share_id>[A-Za-z0-9_-]+)/secrets/$",
        "/workspaces/gamma/sessions/{session}/shares/{share}/secrets/",
        "login 404 404 404 404",
        "login 404 404 404 404",
    ),
    Page(
        "workspaces/<slug:slug>/sessions/<str:session_id>/calls/",
        "/workspaces/alpha/sessions/{session}/calls/",
        MEMBERS,
        READ_ONLY,
    ),
    Page(SESSION + r"snapshots/$", "/workspaces/alpha/sessions/{session}/snapshots/", MEMBERS, READ_ONLY),
    Page(SNAPSHOT + r"$", "/workspaces/alpha/sessions/{session}/snapshots/{snapshot}/", MEMBERS, READ_ONLY),
    Page(
        SNAPSHOT + r"$",
        "/workspaces/alpha/sessions/{session}/snapshots/{gammas_snapshot}/",
        "login 404 404 404 404",
        READ_ONLY,
    ),
    Page(
        SNAPSHOT + r"compare$",
        "/workspaces/alpha/sessions/{session}/snapshots/{snapshot}/compare",
        MEMBERS,
        READ_ONLY,
    ),
    Page(
        SNAPSHOT + r"download$",
        "/workspaces/alpha/sessions/{session}/snapshots/{snapshot}/download",
        MEMBERS,
        READ_ONLY,
    ),
    Page(
        SNAPSHOT + r"restore/$",
        "/workspaces/alpha/sessions/{session}/snapshots/{snapshot}/restore/",
        "login 404 403 200 200",
        "login 404 403 home home",
    ),
    Page(
        SNAPSHOT + r"restore/$",
        "/workspaces/alpha/sessions/{session}/snapshots/{gammas_snapshot}/restore/",
        "login 404 403 404 404",
        "login 404 403 404 404",
    ),
    Page(SESSION + r"fragments$", "/workspaces/alpha/sessions/{session}/fragments", "login 404 422 422 422", READ_ONLY),
]

STEERING = [
    # The bridge's code is no secret: agents fetch it without credentials.
    Page(
        r"^agent/bridge-(?P<version>[0-9.]{1,20})\.tgz$",
        f"/agent/bridge-{BRIDGE_VERSION}.tgz",
        EVERYBODY,
        READ_ONLY,
    ),
    # What carol's machine waits for, in alpha's session: members look at it, she alone decides.
    Page(r"^asks/(?P<ask_id>ask_[0-9A-Z]{26})/$", "/asks/{carols_ask}/", MEMBERS, "login 404 home 403 403"),
    # What carol's agent works on: nobody but she steers it, the others get an empty place.
    Page(
        SESSION + r"steer/$",
        "/workspaces/alpha/sessions/{session}/steer/",
        MEMBERS,
        "login 404 home 404 404",
    ),
    Page("workspaces/<slug:slug>/inbox/", "/workspaces/alpha/inbox/", MEMBERS, READ_ONLY),
    Page("inbox/", "/inbox/", LED_ON, READ_ONLY),
    Page(
        "workspaces/<slug:slug>/steering/",
        "/workspaces/alpha/steering/",
        "login 404 403 403 200",
        "login 404 403 403 422",
    ),
    Page("machines/", "/machines/", SIGNED_IN, READ_ONLY),
    Page("accounts/notifications/", "/accounts/notifications/", SIGNED_IN, LED_ON),
    # The script that shows notifications; it holds nothing of anybody.
    Page("push-worker.js", "/push-worker.js", EVERYBODY, READ_ONLY),
]

PAGES_BY_AREA = {
    "project": PROJECT,
    "accounts": ACCOUNTS,
    "data": DATA,
    "workspaces": WORKSPACES,
    "people": PEOPLE,
    "sync": SYNC,
    "steering": STEERING,
}
PAGES = [page for pages in PAGES_BY_AREA.values() for page in pages]

ADMIN_PREFIX = "admin/"
"""Below it nobody of the cast gets anything: none of them is staff."""

AGENT_CALLS = [
    AgentCall("create", "POST", "/api/share", "200 200 200 200 200"),
    AgentCall("sync", "POST", "/api/share/{share}/sync", "401 401 404 401 200"),
    AgentCall("share", "DELETE", "/api/share/{share}", "401 401 404 401 200"),
    AgentCall("data", "GET", "/api/share/{share}/data", "200 200 404 200 200"),
    AgentCall("share_create", "POST", "/share_create", "200 200 200 200 200"),
    AgentCall("share_sync", "POST", "/share_sync", "401 401 404 401 200"),
    AgentCall("share_delete", "POST", "/share_delete", "401 401 404 401 200"),
    AgentCall("share_delete_admin", "POST", "/share_delete_admin", "403 403 403 403 403"),
    AgentCall("share_data", "GET", "/share_data?id={share}", "200 200 404 200 200"),
    AgentCall("share_poll", "GET", "/share_poll?id={share}", "426 426 426 426 426"),
]

ACCOUNT_CALLS = [
    AgentCall("create", "POST", "/api/shares", "401 401 404 200 200"),
    AgentCall("sync", "POST", "/api/shares/{share}/sync", "401 401 404 401 200"),
    AgentCall("share", "DELETE", "/api/shares/{share}", "401 401 404 401 200"),
    AgentCall("data", "GET", "/api/shares/{share}/data", "401 401 200 200 200"),
]
"""The addresses of agents that are signed in: nobody with the share's secret, alice's browser with it, charlie's agent
with it that names alpha, carol's in alpha without it, carol's with it."""

API_CALLS = [
    APICall("session", "GET", "/sync/v1/sessions/{session}", "426 426 426 426 426 426 426 426"),
    APICall("tickets", "POST", "/sync/v1/tickets", "401 404 200 200 404 200 200 401"),
    APICall("events", "GET", "/sync/v1/sessions/{session}/events", "401 404 200 200 404 200 200 401"),
    APICall("events", "GET", "/sync/v1/sessions/{share}/events", "200 200 200 200 404 404 200 200"),
    APICall("entries", "GET", "/sync/v1/sessions/{session}/entries", "401 404 200 200 404 200 200 401"),
    APICall("entries", "GET", "/sync/v1/sessions/{share}/entries", "200 200 200 200 404 404 200 200"),
    APICall("entries", "POST", "/sync/v1/sessions/{session}/entries", "401 401 401 401 404 403 200 401"),
    APICall("entries", "POST", "/sync/v1/sessions/{share}/entries", "403 403 403 403 404 404 400 200"),
]

SOCKETS = [
    Socket(r"^sync/v1/sessions/(?P<target>[^/]+)$", "/sync/v1/sessions/{session}", "4401 4404 open open open"),
    Socket(r"^sync/v1/sessions/(?P<target>[^/]+)$", "/sync/v1/sessions/{share}", "open open open open open"),
    # For bridges, by the login of their machine: a cookie counts for nothing.
    Socket(r"^sync/v1/bridge$", "/sync/v1/bridge", "4401 4401 4401 4401 4401"),
    Socket("", "/sync/v1/elsewhere", "4404 4404 4404 4404 4404"),
]

PUBLISHED = {"id": "a", "updates": [{"key": "session/info/ses_one", "content": 1}]}
FRAMES = [
    Frame("publish", PUBLISHED, "publish_forbidden publish_forbidden publish_forbidden ack"),
    Frame("presence", {"state": {"typing": True}}, "presence presence presence presence"),
    Frame("ping", {}, "heartbeat heartbeat heartbeat heartbeat"),
]

API_PREFIX = "api/v1/"
EVERYBODY_ACCEPTED = "202 202 202 202 202"
EVERY_KEY_ACCEPTED = "202 202 202 202 202 202 202"
NO_KEY = "404 403 403 403 403 403 403"
PEOPLE = "401 404 200 200 200"
PEOPLE_READERS = "404 403 403 403 403 403 200"
EVERY_ALPHAS_KEY = "404 200 200 200 200 200 200"
EVERY_KEYS_OWN = "200 200 200 200 200 200 200"
NEW_USAGE = {"items": [{"id": "r", "format": "anthropic", "model": "m", "usage": {}}]}
ALPHA = "/workspaces/alpha"
NEW_KEY = {"name": "k", "scopes": ["sync:read"], "expires_at": None}
LIMIT = {"monthly_limit_micro_cents": 1}
NOW = {"overlap_hours": 0}
NEW_CONFIG = {"text": "{}", "based_on": 2}

OPERATIONS = [
    Operation("me_get", "GET", "/me", "401 200 200 200 200", "200 200 200 200 200 200 200"),
    Operation("workspaces_list", "GET", "/workspaces", "401 200 200 200 200", "200 403 403 403 403 403 200"),
    Operation(
        "workspaces_create",
        "POST",
        "/workspaces",
        "401 201 201 201 201",
        "403 403 403 403 403 403 403",
        {"name": "new"},
    ),
    Operation("workspaces_get", "GET", "/workspaces/alpha", PEOPLE, "404 403 403 403 403 403 200"),
    Operation("workspaces_get", "GET", "/workspaces/{alpha}", PEOPLE, "404 403 403 403 403 403 200"),
    Operation("workspaces_change", "PATCH", "/workspaces/alpha", "401 404 403 200 200", NO_KEY, {"name": "new"}),
    Operation("workspaces_change", "PATCH", "/workspaces/alpha", "401 404 403 200 200", NO_KEY, {"slug": "other"}),
    Operation("workspaces_delete", "DELETE", "/workspaces/alpha", "401 404 403 403 204", NO_KEY),
    Operation("members_list", "GET", f"{ALPHA}/members", PEOPLE, PEOPLE_READERS),
    Operation("members_get", "GET", f"{ALPHA}/members/{{carols_membership}}", PEOPLE, PEOPLE_READERS),
    Operation(
        "members_get",
        "GET",
        f"{ALPHA}/members/{{gammas_membership}}",
        "401 404 404 404 404",
        "404 403 403 403 403 403 404",
    ),
    Operation(
        "members_change",
        "PATCH",
        f"{ALPHA}/members/{{carols_membership}}",
        "401 404 403 200 200",
        NO_KEY,
        {"role": "admin"},
    ),
    Operation(
        "members_change",
        "PATCH",
        f"{ALPHA}/members/{{carols_membership}}",
        "401 404 403 403 200",
        NO_KEY,
        {"role": "owner"},
    ),
    Operation(
        "members_change",
        "PATCH",
        f"{ALPHA}/members/{{alices_membership}}",
        "401 404 403 403 200",
        NO_KEY,
        {"monthly_limit_micro_cents": 1},
    ),
    Operation(
        "members_change",
        "PATCH",
        f"{ALPHA}/members/{{gammas_membership}}",
        "401 404 403 404 404",
        NO_KEY,
        {"role": "member"},
    ),
    Operation("members_remove", "DELETE", f"{ALPHA}/members/{{carols_membership}}", "401 404 403 204 204", NO_KEY),
    Operation("members_remove", "DELETE", f"{ALPHA}/members/{{alices_membership}}", "401 404 403 403 409", NO_KEY),
    Operation("members_remove", "DELETE", f"{ALPHA}/members/{{gammas_membership}}", "401 404 403 404 404", NO_KEY),
    Operation("members_remove", "DELETE", f"{ALPHA}/members/me", "401 404 204 204 409", NO_KEY),
    Operation("invitations_list", "GET", f"{ALPHA}/invitations", "401 404 403 200 200", NO_KEY),
    Operation(
        "invitations_create",
        "POST",
        f"{ALPHA}/invitations",
        "401 404 403 201 201",
        NO_KEY,
        {"email": "dave@example.com"},
    ),
    Operation(
        "invitations_create",
        "POST",
        f"{ALPHA}/invitations",
        "401 404 403 403 201",
        NO_KEY,
        {"email": "dave@example.com", "role": "owner"},
    ),
    Operation("invitations_get", "GET", f"{ALPHA}/invitations/{{invitation}}", "401 404 403 200 200", NO_KEY),
    Operation("invitations_get", "GET", f"{ALPHA}/invitations/{{gammas_invitation}}", "401 404 403 404 404", NO_KEY),
    Operation("invitations_resend", "POST", f"{ALPHA}/invitations/{{invitation}}/mails", "401 404 403 201 201", NO_KEY),
    Operation(
        "invitations_resend", "POST", f"{ALPHA}/invitations/{{gammas_invitation}}/mails", "401 404 403 404 404", NO_KEY
    ),
    Operation("invitations_revoke", "DELETE", f"{ALPHA}/invitations/{{invitation}}", "401 404 403 204 204", NO_KEY),
    Operation(
        "invitations_revoke", "DELETE", f"{ALPHA}/invitations/{{gammas_invitation}}", "401 404 403 404 404", NO_KEY
    ),
    Operation("keys_list", "GET", "/workspaces/alpha/keys", PEOPLE, NO_KEY),
    Operation("keys_create", "POST", "/workspaces/alpha/keys", "401 404 201 201 201", NO_KEY, NEW_KEY),
    Operation("keys_get", "GET", "/workspaces/alpha/keys/{carols_key}", PEOPLE, NO_KEY),
    Operation("keys_get", "GET", "/workspaces/alpha/keys/{bobs_key}", "401 404 404 200 200", NO_KEY),
    Operation("keys_get", "GET", "/workspaces/alpha/keys/{gammas_key}", "401 404 404 404 404", NO_KEY),
    Operation("keys_change", "PATCH", "/workspaces/alpha/keys/{carols_key}", "401 404 403 200 200", NO_KEY, LIMIT),
    Operation("keys_change", "PATCH", "/workspaces/alpha/keys/{bobs_key}", "401 404 404 200 200", NO_KEY, LIMIT),
    Operation("keys_change", "PATCH", "/workspaces/alpha/keys/{gammas_key}", "401 404 404 404 404", NO_KEY, LIMIT),
    Operation("keys_rotate", "POST", f"{ALPHA}/keys/{{carols_key}}/rotations", "401 404 201 403 403", NO_KEY, NOW),
    Operation("keys_rotate", "POST", f"{ALPHA}/keys/{{bobs_key}}/rotations", "401 404 404 201 403", NO_KEY, NOW),
    Operation("keys_rotate", "POST", f"{ALPHA}/keys/{{gammas_key}}/rotations", "401 404 404 404 404", NO_KEY, NOW),
    Operation("keys_revoke", "DELETE", "/workspaces/alpha/keys/{carols_key}", "401 404 204 204 204", NO_KEY),
    Operation("keys_revoke", "DELETE", "/workspaces/alpha/keys/{bobs_key}", "401 404 404 204 204", NO_KEY),
    Operation("keys_revoke", "DELETE", "/workspaces/alpha/keys/{gammas_key}", "401 404 404 404 404", NO_KEY),
    Operation("configuration_get", "GET", f"{ALPHA}/configuration", PEOPLE, NO_KEY),
    Operation("configuration_save", "PUT", f"{ALPHA}/configuration", "401 404 403 200 200", NO_KEY, NEW_CONFIG),
    Operation("configuration_versions_list", "GET", f"{ALPHA}/configuration/versions", PEOPLE, NO_KEY),
    Operation("configuration_versions_get", "GET", f"{ALPHA}/configuration/versions/1", PEOPLE, NO_KEY),
    Operation("leaks_report", "POST", "/leaks", EVERYBODY_ACCEPTED, EVERY_KEY_ACCEPTED, {"secrets": ["oc_live_x"]}),
    Operation("audit_list", "GET", f"{ALPHA}/audit", "401 404 403 200 200", NO_KEY),
    Operation("usage_list", "GET", "/usage?workspace=alpha", PEOPLE, EVERY_ALPHAS_KEY),
    Operation("usage_list", "GET", "/usage", "401 422 422 422 422", EVERY_KEYS_OWN),
    Operation(
        "usage_record",
        "POST",
        "/usage?workspace=alpha",
        "401 404 200 200 200",
        "404 403 403 403 403 200 403",
        NEW_USAGE,
    ),
    Operation("usage_record", "POST", "/usage", "401 422 422 422 422", "200 403 403 403 403 200 403", NEW_USAGE),
    Operation("limits_list", "GET", "/limits?workspace=alpha", PEOPLE, EVERY_ALPHAS_KEY),
    Operation("limits_list", "GET", "/limits", "401 422 422 422 422", EVERY_KEYS_OWN),
    Operation("balance_get", "GET", "/balance?workspace=alpha", "401 404 403 200 200", "404 403 403 403 200 403 403"),
    Operation("balance_get", "GET", "/balance", "401 422 422 422 422", "200 403 403 403 200 403 403"),
    Operation("sessions_list", "GET", "/workspaces/alpha/sessions", PEOPLE, "404 200 200 403 403 403 403"),
    Operation("sessions_get", "GET", "/workspaces/alpha/sessions/{session}", PEOPLE, "404 200 200 403 403 403 403"),
    Operation(
        "sessions_get",
        "GET",
        "/workspaces/gamma/sessions/{session}",
        "401 404 404 404 404",
        "404 404 404 404 404 404 404",
    ),
    Operation("sessions_delete", "DELETE", "/workspaces/alpha/sessions/{session}", "401 404 403 200 200", NO_KEY),
    Operation(
        "shares_list", "GET", "/workspaces/alpha/sessions/{session}/shares", PEOPLE, "404 200 200 403 403 403 403"
    ),
    Operation(
        "shares_create",
        "POST",
        "/workspaces/alpha/sessions/{session}/shares",
        "401 404 201 201 201",
        "404 403 201 403 403 403 403",
        {},
    ),
    Operation(
        "shares_change",
        "PATCH",
        "/workspaces/alpha/sessions/{session}/shares/{share}",
        "401 404 200 200 200",
        "404 403 200 403 403 403 403",
        {"masks_secrets": False},
    ),
    Operation(
        "shares_end",
        "DELETE",
        "/workspaces/alpha/sessions/{session}/shares/{share}",
        "401 404 204 204 204",
        "404 403 204 403 403 403 403",
    ),
]
