"""Mail by one URL: `smtp://user:password@host:587?tls=1&from=console@example.com`."""

from typing import NamedTuple
from urllib.parse import parse_qs, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

DEFAULT_PORTS = {"smtp": 25, "smtps": 465}


class MailServer(NamedTuple):
    host: str
    port: int
    user: str
    password: str
    use_tls: bool
    use_ssl: bool
    sender: str


def read_mail_url(url: str) -> MailServer:
    """Parse the URL: `smtp` with `tls=1` starts in the clear and upgrades, `smtps` is encrypted from the start."""
    parts = urlsplit(url)
    query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    if parts.scheme not in DEFAULT_PORTS or not parts.hostname:
        raise ImproperlyConfigured("EMAIL_URL: expected smtp://user:password@host:587?tls=1&from=address")
    return MailServer(
        host=parts.hostname,
        port=parts.port or DEFAULT_PORTS[parts.scheme],
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        use_tls=query.get("tls") == "1",
        use_ssl=parts.scheme == "smtps",
        sender=query.get("from", ""),
    )
