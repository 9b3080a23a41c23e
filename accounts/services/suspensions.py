"""Suspending a person: they and their programs are locked out until staff reinstate them.

Closing or restoring the account does not change that. API keys work again with their person; browsers and devices have
to sign in again.
"""

from django.db import transaction

from accounts.errors import StaffProtected
from accounts.models import AccountDeletion, User
from accounts.ports import PersonAct, person_act_record, person_places_lock
from accounts.services.devices import devices_revoke
from accounts.services.sessions import sessions_end_others
from accounts.signals import account_closed
from opencode.lib.actor import Actor
from opencode.lib.announce import announce
from opencode.lib.clock import utc_now


def person_suspend(*, user: User, actor: Actor) -> bool:
    """Lock the person out now. False when they were suspended before. Raises StaffProtected."""
    with transaction.atomic():
        row = _locked(user, actor)
        if row.suspended_at is not None and not row.is_active:
            return False
        User.objects.filter(pk=row.pk).update(is_active=False, suspended_at=utc_now())
        sessions_end_others(user=row, keep="")
        devices_revoke(user=row, actor=actor)
        person_act_record(PersonAct("member.suspend", row.pk, actor))
        announce(account_closed, user_id=row.pk)
    return True


def person_reinstate(*, user: User, actor: Actor) -> bool:
    """Let the person sign in again; an account they closed themselves stays closed until they restore it.

    False when they were not suspended. Raises StaffProtected.
    """
    with transaction.atomic():
        row = _locked(user, actor)
        is_closed = AccountDeletion.objects.filter(user=row).exists()
        if row.is_active or (is_closed and row.suspended_at is None):
            return False
        User.objects.filter(pk=row.pk).update(is_active=not is_closed, suspended_at=None)
        person_act_record(PersonAct("member.reinstate", row.pk, actor))
    return True


def _locked(user: User, actor: Actor) -> User:
    person_places_lock(user.pk)
    row = User.objects.select_for_update().get(pk=user.pk)
    is_protected = row.is_staff or row.is_superuser
    if row.pk == actor.id or (is_protected and not _is_superuser(actor)):
        raise StaffProtected
    return row


def _is_superuser(actor: Actor) -> bool:
    return User.objects.filter(pk=actor.id, is_superuser=True, is_active=True).exists()
