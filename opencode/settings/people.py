"""How people sign up and sign in, the same on every stack; part of base."""

from opencode.settings.sources.environment import read_environment
from opencode.settings.sources.signin import read_providers, read_signup_domains

_ENV = read_environment()

AUTH_USER_MODEL = "accounts.User"
SESSION_ENGINE = "accounts.sessionstore"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = [
    "accounts.hashing.BoundedArgon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "accounts.passwords.GuessablePasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_ADAPTER = "accounts.adapter.account.ConsoleAccountAdapter"
ACCOUNT_FORMS = {
    "login": "accounts.forms.account.ConsoleLoginForm",
    "signup": "accounts.forms.account.ConsoleSignupForm",
    "change_password": "accounts.forms.account.ConsoleChangePasswordForm",
    "set_password": "accounts.forms.account.ConsoleSetPasswordForm",
    "reset_password": "accounts.forms.account.ConsoleResetPasswordForm",
    "reset_password_from_key": "accounts.forms.account.ConsoleResetPasswordKeyForm",
    "reauthenticate": "accounts.forms.account.ConsoleReauthenticateForm",
    "request_login_code": "accounts.forms.account.ConsoleRequestLoginCodeForm",
    "confirm_login_code": "accounts.forms.account.ConsoleConfirmLoginCodeForm",
}
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
# Without a password, people sign in by codes sent to their address.
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1"]
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_BY_CODE_TIMEOUT = 600
ACCOUNT_LOGIN_BY_CODE_MAX_ATTEMPTS = 3
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_CONFIRM_EMAIL_ON_GET = False
ACCOUNT_LOGIN_ON_EMAIL_CONFIRMATION = True
ACCOUNT_LOGOUT_ON_GET = False
# One address for each person: so User.email, unique on every database, keeps verified addresses unique too.
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_SESSION_REMEMBER = True
# Counted in the cache: by address behind trusted proxies, by account or mailbox ("key"), by person.
ACCOUNT_RATE_LIMITS = {
    "login": "30/m/ip",
    "login_failed": "10/m/ip,5/5m/key",
    "signup": "20/m/ip",
    "request_login_code": "20/m/ip,3/m/key",
    "reset_password": "20/m/ip,5/m/key",
    "reset_password_from_key": "20/m/ip",
    "confirm_email": "1/3m/key",
    "manage_email": "10/m/user",
    "change_password": "5/m/user",
    "reauthenticate": "10/m/user",
}
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300
PASSWORD_RESET_TIMEOUT = 3600
SIGNUP_POLICY = _ENV.OPENCODE_SIGNUP
SIGNUP_DOMAINS = read_signup_domains(_ENV)
# People are matched to a provider's account by its stable id, never by an address that the provider reports.
SOCIALACCOUNT_PROVIDERS = read_providers(_ENV)
SOCIALACCOUNT_ADAPTER = "accounts.adapter.social.ConsoleSocialAccountAdapter"
SOCIALACCOUNT_FORMS = {
    "signup": "accounts.forms.providers.ConsoleProviderSignupForm",
    "disconnect": "accounts.forms.providers.ConsoleDisconnectForm",
}
SOCIALACCOUNT_EMAIL_AUTHENTICATION = False
SOCIALACCOUNT_LOGIN_ON_GET = False
SOCIALACCOUNT_STORE_TOKENS = False
OIDC_TRUSTS_EMAIL = _ENV.OPENCODE_OIDC_TRUST_EMAIL
MFA_ADAPTER = "accounts.adapter.mfa.ConsoleMFAAdapter"
MFA_FORMS = {
    "authenticate": "accounts.forms.second_factors.ConsoleSecondFactorForm",
    "reauthenticate": "accounts.forms.second_factors.ConsoleSecondFactorAgainForm",
    "activate_totp": "accounts.forms.second_factors.ConsoleActivateTOTPForm",
    "add_webauthn": "accounts.forms.second_factors.ConsoleAddPasskeyForm",
    "edit_webauthn": "accounts.forms.second_factors.ConsoleEditPasskeyForm",
}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_TOTP_TOLERANCE = 1
USERSESSIONS_ADAPTER = "accounts.adapter.sessions.ConsoleSessionsAdapter"
