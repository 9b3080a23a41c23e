"""Providers' keys as they are stored: sealed, and readable only in the row they were sealed for."""

from typing import Final

from opencode.lib.sealing import SealBroken, seal, unseal

PURPOSE: Final = "provider credential"


def credential_seal(*, workspace_id: str, credential_id: str, secret: str) -> str:
    """The text to store in the row with this id, which belongs to the workspace, or with "" to the host."""
    return seal(PURPOSE, f"{workspace_id}\n{credential_id}\n{secret}")


def credential_unseal(*, workspace_id: str, credential_id: str, sealed: str) -> str:
    """The key. Raises SealBroken when it was sealed under a key that is gone, or for another row."""
    bound_to, row, secret = unseal(PURPOSE, sealed).split("\n", 2)
    if (bound_to, row) != (workspace_id, credential_id):
        raise SealBroken(PURPOSE)
    return secret
