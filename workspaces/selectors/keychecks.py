"""Finds out whose key a string is, for people who may know."""

from dataclasses import dataclass

from accounts.models import User
from workspaces.keys.format import API_KEY_PREFIX, SHARE_TOKEN_PREFIX, is_whole, shown_prefix
from workspaces.models import APIKey, Membership, ShareToken
from workspaces.roles import is_allowed
from workspaces.selectors.credentials import credential_of


@dataclass(frozen=True)
class KeyCheck:
    """`shown` is how the string begins. `row` is set when there is such a key or token and the person may know it."""

    shown: str
    is_whole: bool
    row: APIKey | ShareToken | None = None
    may_revoke: bool = False

    @property
    def is_key(self) -> bool:
        return self.shown.startswith(API_KEY_PREFIX)


def key_check(secret: str, person: User) -> KeyCheck:
    """Check the checksum first, which costs no read.

    Another workspace's key looks like one that does not exist.
    """
    prefix = API_KEY_PREFIX if secret.startswith(API_KEY_PREFIX) else SHARE_TOKEN_PREFIX
    shown = shown_prefix(secret, prefix)
    if not is_whole(secret):
        return KeyCheck(shown, is_whole=False)
    row = credential_of(secret)
    if row is None:
        return KeyCheck(shown, is_whole=True)
    role = (
        Membership.objects.filter(user=person, workspace_id=row.workspace_id, workspace__deleted_at=None)
        .values_list("role", flat=True)
        .first()
    )
    if role is None or not _may_know(row, person, role):
        return KeyCheck(shown, is_whole=True)
    may_revoke = isinstance(row, APIKey) or is_allowed(role, "token.manage")
    return KeyCheck(shown, is_whole=True, row=row, may_revoke=may_revoke and row.revoked_at is None)


def _may_know(row: APIKey | ShareToken, person: User, role: str) -> bool:
    if isinstance(row, ShareToken):
        return is_allowed(role, "token.view")
    return row.user_id == person.pk or is_allowed(role, "key.manage_all")
