"""Closing an account, restoring it within 30 days, and erasing the person afterwards.

A closed account is an inactive one, and everything that signs a person in checks that: sessions, keys, devices and
sockets end with the one row. Of a purged person only the row's id remains, because other rows refer to it.
"""

from datetime import datetime, timedelta
from typing import Final

import structlog
from allauth.account.models import EmailAddress
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.db.models import CASCADE, F, Model, QuerySet

from accounts.errors import AccountHeld, LastOperatorRemains, RestoreLinkInvalid
from accounts.models import AccountDeletion, Device, EmailChange, OutgoingMail, User, fold_email
from accounts.ports import account_close, account_erase, account_reopen
from accounts.services.exports import exports_delete
from accounts.services.mail import mail_send
from accounts.services.sessions import sessions_end_others
from accounts.signals import account_closed
from opencode.lib.actor import Actor
from opencode.lib.announce import announce
from opencode.lib.clock import utc_now
from opencode.lib.ids import random_base62
from opencode.lib.keyring import current_version, mac, macs_of_all_versions
from opencode.lib.links import public_url

log = structlog.get_logger(__name__)
RESTORE_DAYS: Final = 30
RESTORABLE: Final = timedelta(days=RESTORE_DAYS)
SECRET_BITS: Final = 160
PURGE_ACCOUNTS: Final = 50
RESTORABLE_PERSON: Final = "restorable_person"
"""The session key that remembers who signed in to their closed account: they may restore it."""
_KEPT: Final[frozenset[type[Model]]] = frozenset({AccountDeletion, LogEntry})
_PURPOSE: Final = "account-restore"


def account_delete(*, actor: Actor) -> AccountDeletion:
    """Close the account of the acting person and mail a link that restores it; a repeat changes nothing.

    Raises AccountHeld with `workspaces`, the names of those that would lose their last owner, and LastOperatorRemains.
    """
    secret, version = random_base62(SECRET_BITS), current_version()
    with transaction.atomic():
        holds = account_close(actor)
        if holds.needed:
            raise AccountHeld(workspaces=[place.name for place in holds.needed])
        row = User.objects.select_for_update().get(pk=actor.id)
        found = AccountDeletion.objects.filter(user=row).first()
        if found is not None:
            return found
        _require_another_operator(row)
        deletion = AccountDeletion.objects.create(
            user=row, secret_hash=mac(_PURPOSE, secret, version), hash_version=version
        )
        User.objects.filter(pk=row.pk).update(is_active=False)
        sessions_end_others(user=row, keep="")
        mail_send(
            to=row.email,
            template="accounts/mail/account_closed.html",
            context={
                "url": public_url("accounts:restore_by_link", secret),
                "until": f"{deletion.requested_at + RESTORABLE:%Y-%m-%d}",
                "workspaces": [place.name for place in holds.alone],
            },
        )
        announce(account_closed, user_id=row.pk)
    return deletion


def account_restore(*, deletion: AccountDeletion, actor: Actor) -> None:
    """Open the closed account again: the person can sign in, with everything as it was.

    A person whom staff suspended meanwhile stays suspended. Raises RestoreLinkInvalid.
    """
    with transaction.atomic():
        row = AccountDeletion.objects.select_for_update().filter(pk=deletion.pk, purging_at=None).first()
        if row is None or row.secret_hash != deletion.secret_hash:
            raise RestoreLinkInvalid
        User.objects.filter(pk=row.pk, suspended_at=None).update(is_active=True)
        row.delete()
        account_reopen(actor)
        user = User.objects.get(pk=deletion.pk)
        mail_send(
            to=user.email,
            template="accounts/mail/account_back.html",
            context={"url": public_url("account_login"), "is_suspended": not user.is_active},
        )


def deletion_by_secret(secret: str) -> AccountDeletion | None:
    """The deletion that the link with this secret undoes; None if unknown, or when the time to restore is over."""
    hashes = list(macs_of_all_versions(_PURPOSE, secret).values())
    return _open_deletions().filter(secret_hash__in=hashes).first()


def deletion_of(user_id: str) -> AccountDeletion | None:
    """The deletion of this person's account; None when there is none, or the time to restore is over."""
    return _open_deletions().filter(user_id=user_id).first()


def accounts_purge(*, now: datetime) -> int:
    """Purge accounts closed RESTORABLE ago; returns how many. One that fails does not stop the others."""
    due = AccountDeletion.objects.filter(requested_at__lte=now - RESTORABLE, purged_at=None)
    longest_untried = due.order_by(F("purging_at").asc(nulls_first=True), "requested_at")
    return sum(_purged(deletion) for deletion in list(longest_untried[:PURGE_ACCOUNTS]))


def account_purge(*, deletion: AccountDeletion) -> bool:
    """Erase names, addresses, ways to sign in, keys, devices, memberships. A repeat resumes what was interrupted.

    False when staff reinstated the person meanwhile: then the deletion is dropped.
    """
    if not _begin(deletion):
        return False
    exports_delete(user_id=deletion.pk)
    with transaction.atomic():
        user = User.objects.select_for_update().get(pk=deletion.pk)
        addresses = _addresses_of(user)
        account_erase(user.pk, addresses)
        _delete_staff_notes(user)
        _erase_rows(user)
        OutgoingMail.objects.filter(recipient__in=addresses).delete()
        _pseudonymise(user)
        AccountDeletion.objects.filter(pk=user.pk).update(purged_at=utc_now())
    return True


def _addresses_of(user: User) -> frozenset[str]:
    """The addresses the account signs in with or signed in with before, except those another account has now."""
    present = EmailAddress.objects.filter(user=user).values_list("email", flat=True)
    changes = EmailChange.objects.filter(user=user).exclude(done_at=None).values_list("old_email", "new_email")
    former = {fold_email(address) for change in changes for address in change}
    others = User.objects.filter(email__in=former).exclude(pk=user.pk).values_list("email", flat=True)
    return frozenset(present) | {user.email} | (former - set(others))


def _open_deletions() -> QuerySet[AccountDeletion]:
    return AccountDeletion.objects.select_related("user").filter(purging_at=None)


def _require_another_operator(user: User) -> None:
    operators = User.objects.filter(is_superuser=True, is_active=True)
    if user.is_superuser and not operators.exclude(pk=user.pk).exists():
        raise LastOperatorRemains


def _purged(deletion: AccountDeletion) -> bool:
    try:
        return account_purge(deletion=deletion)
    except Exception:
        log.exception("account_purge_failed", user=deletion.pk)
        return False


def _begin(deletion: AccountDeletion) -> bool:
    with transaction.atomic():
        row = AccountDeletion.objects.select_for_update().filter(pk=deletion.pk, purged_at=None).first()
        if row is None:
            return False
        if User.objects.filter(pk=row.pk, is_active=True).exists():
            row.delete()
            return False
        AccountDeletion.objects.filter(pk=row.pk).update(purging_at=utc_now())
    return True


def _erase_rows(user: User) -> None:
    """Delete every row that deleting the person's row would delete, in all apps, models of later releases included.

    What they did as staff stays, under the row's id.
    """
    for relation in User._meta.related_objects:
        model = relation.related_model
        if relation.on_delete is CASCADE and model not in _KEPT and not relation.many_to_many:
            model._base_manager.filter(**{relation.field.name: user}).delete()
    user.groups.clear()
    user.user_permissions.clear()


def _delete_staff_notes(user: User) -> None:
    """Replace names by ids in the admin's history of what staff did to this person and their devices."""
    devices = list(Device.objects.filter(user=user).values_list("pk", flat=True))
    for model, ids in ((User, [user.pk]), (Device, devices)):
        notes = LogEntry.objects.filter(content_type=ContentType.objects.get_for_model(model), object_id__in=ids)
        notes.update(object_repr=F("object_id"))


def _pseudonymise(user: User) -> None:
    user.email = f"{user.pk.lower()}@deleted.invalid"
    user.name = "deleted person"
    user.set_unusable_password()
    user.is_active = user.is_staff = user.is_superuser = False
    user.last_login = None
    user.save()
