"""Removes secrets from text that is logged."""

import re
from typing import Final

# Secrets in paths (a workspace's token, links in mails), API keys, devices' tokens, agents' share secrets. Repetitions
# followed by more pattern are bounded: paths are untrusted, and each refused one is logged.
_SECRETS: Final = re.compile(
    r"(/w/|/first-owner/|/email-change/|/restore/|/workspaces/invitations/|/reset/key/|/confirm-email/)[^/\s\"'?]+"
    r"|\boc_(?:live|share|dev|ref)_[0-9A-Za-z]+"
    r"|[A-Za-z0-9_-]{16,43}\.\d{1,4}\.[0-9a-f]{16,}"
)


def redact(text: str) -> str:
    """Replace secrets: workspace tokens in paths, API keys, devices' tokens, share secrets."""
    return _SECRETS.sub(lambda found: f"{found.group(1) or ''}[redacted]", text)
