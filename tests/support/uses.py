"""Writes what the background thread would: when keys, share tokens and devices were last used."""

from accounts.deviceuses import DEVICE_USES
from workspaces.keys.uses import CREDENTIAL_USES


def uses_flush() -> None:
    CREDENTIAL_USES.flush()
    DEVICE_USES.flush()
