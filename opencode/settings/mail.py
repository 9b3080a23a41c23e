"""Mail: one URL, smtp://user:password@host:587?tls=1; without it mail goes to the console log. Part of base."""

from opencode.settings.sources.environment import read_environment
from opencode.settings.sources.mail import read_mail_url

_ENV = read_environment()

DEFAULT_FROM_EMAIL = "opencode console <console@localhost>"
EMAIL_BACKEND = "opencode.lib.logmail.LogEmailBackend"
MAIL_IS_QUEUED = bool(_ENV.EMAIL_URL)
EMAIL_TIMEOUT = 10
if _ENV.EMAIL_URL:
    _mail = read_mail_url(_ENV.EMAIL_URL)
    EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    EMAIL_HOST, EMAIL_PORT = _mail.host, _mail.port
    EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = _mail.user, _mail.password
    EMAIL_USE_TLS, EMAIL_USE_SSL = _mail.use_tls, _mail.use_ssl
    DEFAULT_FROM_EMAIL = SERVER_EMAIL = _mail.sender or DEFAULT_FROM_EMAIL
