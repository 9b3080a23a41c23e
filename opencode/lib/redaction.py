"""Takes what could open something out of text that is logged."""

import re
from typing import Final

# Secrets in paths (a workspace's token, links in mails), keys, devices' tokens, the agents' share secrets. A repetition
# that something has to follow has an upper bound: paths come from strangers, and each one that is refused is logged.
_SECRETS: Final = re.compile(
    r"(/w/|/first-owner/|/email-change/|/restore/|/workspaces/invitations/|/reset/key/|/confirm-email/)[^/\s\"'?]+"
    r"|\boc_(?:live|share|dev|ref)_[0-9A-Za-z]+"
    r"|[A-Za-z0-9_-]{16,43}\.\d{1,4}\.[0-9a-f]{16,}"
)


def redact(text: str) -> str:
    """Replace what could open something: workspace tokens in paths, API keys, devices' tokens, share secrets."""
    return _SECRETS.sub(lambda found: f"{found.group(1) or ''}[redacted]", text)
