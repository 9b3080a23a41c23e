"""Changing the address a person signs in with: the old mailbox approves, the new one confirms, the old may undo."""

from datetime import datetime, timedelta
from typing import Final

from allauth.account.models import EmailAddress
from django.db import IntegrityError, transaction

from accounts.errors import EmailTaken
from accounts.models import EmailChange, User, fold_email
from accounts.ports import account_keys_revoke, person_places_lock
from accounts.selectors.email_changes import PURPOSE, undoable
from accounts.services.deletions import account_restore, deletion_of
from accounts.services.devices import devices_revoke
from accounts.services.mail import mail_send
from accounts.services.ways_in import ways_in_close
from opencode.lib.actor import THE_CONSOLE, Actor
from opencode.lib.clock import utc_now
from opencode.lib.errors import NotFound
from opencode.lib.ids import random_base62
from opencode.lib.keyring import current_version, mac
from opencode.lib.links import public_url

OPEN_DAYS: Final = 3
UNDO_DAYS: Final = 7
LINK_BITS: Final = 160


def email_change_begin(*, user: User, new_email: str) -> EmailChange:
    """Mail a link to both mailboxes; an earlier open change of the person is dropped.

    If the new address already belongs to an account, it gets another mail instead of the link, so that the person who
    asks learns nothing about that account.
    """
    new_email = fold_email(new_email)
    approve, confirm = random_base62(LINK_BITS), random_base62(LINK_BITS)
    with transaction.atomic():
        user = User.objects.select_for_update().get(pk=user.pk)
        EmailChange.objects.filter(user=user, done_at=None).delete()
        change = EmailChange.objects.create(
            user=user,
            old_email=user.email,
            new_email=new_email,
            old_hash=_hash(approve),
            new_hash=_hash(confirm),
            expires_at=utc_now() + timedelta(days=OPEN_DAYS),
        )
        context = {"old_email": user.email, "new_email": new_email, "days": OPEN_DAYS, "link": _link(approve)}
        mail_send(to=user.email, template="accounts/mail/email_change_approve.html", context=context)
        if User.objects.filter(email=new_email).exists():
            mail_send(to=new_email, template="accounts/mail/email_change_taken.html", context=context)
        else:
            mail_send(
                to=new_email,
                template="accounts/mail/email_change_confirm.html",
                context={**context, "link": _link(confirm)},
            )
    return change


def email_change_agree(*, change: EmailChange, by_old: bool) -> EmailChange:
    """Record that one of the two mailboxes agrees; with the second the change is done.

    Raises EmailTaken when another account took the address first, NotFound when the change was dropped meanwhile.
    """
    now = utc_now()
    try:
        with transaction.atomic():
            User.objects.select_for_update().get(pk=change.user_id)
            present = EmailChange.objects.select_related("user").filter(pk=change.pk, done_at=None).first()
            if present is None:
                raise NotFound
            if by_old:
                present.approved_at = present.approved_at or now
            else:
                present.confirmed_at = present.confirmed_at or now
            present.save(update_fields=["approved_at", "confirmed_at"])
            if present.approved_at and present.confirmed_at:
                _do(present, now)
    except IntegrityError as error:
        raise EmailTaken from error
    return present


def email_change_drop(*, change: EmailChange) -> None:
    """Drop the change, for the person or for the old mailbox; one that is done stays done."""
    EmailChange.objects.filter(pk=change.pk, done_at=None).delete()


def email_change_undo(*, change: EmailChange, actor: Actor) -> None:
    """Return the account to the old address, for the reader of that mailbox; later changes are undone too.

    Every way to sign in is closed, except a code to that mailbox. The person's API keys, service keys made since the
    change began, and devices are revoked. An account that was closed since is restored. Raises EmailTaken when another
    account signs in with the old address by now, NotFound when the change cannot be undone any more.
    """
    try:
        with transaction.atomic():
            person_places_lock(change.user_id)
            user = User.objects.select_for_update().get(pk=change.user_id)
            if not undoable().filter(pk=change.pk).exists():
                raise NotFound
            EmailChange.objects.filter(user=user, done_at=None).delete()
            EmailChange.objects.filter(user=user, pk__gte=change.pk, undone_at=None).update(undone_at=utc_now())
            _sign_in_with(user, change.old_email)
            if deletion := deletion_of(user.pk):
                account_restore(deletion=deletion, actor=actor)
            ways_in_close(user=user)
            account_keys_revoke(user.pk, change.created_at)
            devices_revoke(user=user, actor=THE_CONSOLE)
    except IntegrityError as error:
        raise EmailTaken from error


def _do(change: EmailChange, now: datetime) -> None:
    undo = random_base62(LINK_BITS)
    _sign_in_with(change.user, change.new_email)
    change.done_at, change.undo_hash = now, _hash(undo)
    change.expires_at = now + timedelta(days=UNDO_DAYS)
    change.save(update_fields=["done_at", "undo_hash", "expires_at"])
    context = {"old_email": change.old_email, "new_email": change.new_email, "days": UNDO_DAYS}
    mail_send(
        to=change.old_email, template="accounts/mail/email_change_done.html", context={**context, "link": _link(undo)}
    )
    mail_send(to=change.new_email, template="accounts/mail/email_change_welcome.html", context=context)


def _sign_in_with(user: User, email: str) -> None:
    """The account table decides who has an address, on every database."""
    User.objects.filter(pk=user.pk).update(email=email)
    EmailAddress.objects.filter(user=user).delete()
    EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)


def _hash(token: str) -> str:
    return mac(PURPOSE, token, current_version())


def _link(token: str) -> str:
    return public_url("accounts:email_change", token)
