"""Reads of e-mail changes: the open one of a person, and what a link from a mail leads to."""

from typing import Final, NamedTuple

from django.db.models import Q, QuerySet

from accounts.models import AccountDeletion, EmailChange, User
from opencode.lib.clock import utc_now
from opencode.lib.keyring import macs_of_all_versions

PURPOSE: Final = "email-change"
APPROVE: Final = "approve"
CONFIRM: Final = "confirm"
UNDO: Final = "undo"


class EmailChangeLink(NamedTuple):
    """`act` is what the link does: approve (or stop) from the old mailbox, confirm from the new one, undo."""

    change: EmailChange
    act: str


def open_change(user: User) -> EmailChange | None:
    return EmailChange.objects.filter(user=user, done_at=None, expires_at__gt=utc_now()).order_by("-id").first()


def undoable() -> QuerySet[EmailChange]:
    """Completed changes that the old mailbox can still undo."""
    return EmailChange.objects.filter(undone_at=None, expires_at__gt=utc_now()).exclude(done_at=None)


def change_by_link(token: str) -> EmailChangeLink | None:
    """The change a link's token belongs to; None if the token is unknown, has expired, or was used already."""
    hashes = list(macs_of_all_versions(PURPOSE, token).values())
    any_of_three = Q(old_hash__in=hashes) | Q(new_hash__in=hashes) | Q(undo_hash__in=hashes)
    change = EmailChange.objects.select_related("user").filter(any_of_three, expires_at__gt=utc_now()).first()
    if change is None:
        return None
    if change.undo_hash in hashes:
        is_open = change.undone_at is None and _may_come_back(change.user)
        return EmailChangeLink(change, UNDO) if is_open else None
    if change.done_at is not None or not change.user.is_active:
        return None
    return EmailChangeLink(change, APPROVE if change.old_hash in hashes else CONFIRM)


def _may_come_back(user: User) -> bool:
    """Whether an undo may return the account: yes if the thief has closed it, no if staff have suspended the person."""
    if user.suspended_at is not None:
        return False
    return user.is_active or AccountDeletion.objects.filter(user=user, purging_at=None).exists()
