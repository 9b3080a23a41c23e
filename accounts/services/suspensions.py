"""Suspending a person: nothing of theirs gets in until staff let them in again, whatever becomes of the account.

Keys come back with their person; browsers and devices sign in anew.
"""

from functools import partial

from django.db import transaction

from accounts.errors import StaffProtected
from accounts.models import AccountDeletion, User
from accounts.ports import PersonAct, person_act_record, person_places_lock
from accounts.services.devices import devices_revoke
from accounts.services.sessions import sessions_end_others
from accounts.signals import account_closed
from opencode.lib.clock import utc_now
from opencode.lib.staffcalls import StaffCall


def person_suspend(*, user: User, staff: StaffCall) -> bool:
    """Close everything to the person now. False when they were suspended before. Raises StaffProtected."""
    with transaction.atomic():
        row = _locked(user, staff)
        if row.suspended_at is not None and not row.is_active:
            return False
        User.objects.filter(pk=row.pk).update(is_active=False, suspended_at=utc_now())
        sessions_end_others(user=row, keep="")
        devices_revoke(user=row, staff=staff)
        person_act_record(PersonAct("member.suspend", row.pk, staff))
        transaction.on_commit(partial(account_closed.send_robust, User, user_id=row.pk))
    return True


def person_reinstate(*, user: User, staff: StaffCall) -> bool:
    """Let the person in again; an account they closed themselves stays closed, and theirs to take back.

    False when they were not suspended. Raises StaffProtected.
    """
    with transaction.atomic():
        row = _locked(user, staff)
        is_closed = AccountDeletion.objects.filter(user=row).exists()
        if row.is_active or (is_closed and row.suspended_at is None):
            return False
        User.objects.filter(pk=row.pk).update(is_active=not is_closed, suspended_at=None)
        person_act_record(PersonAct("member.reinstate", row.pk, staff))
    return True


def _locked(user: User, staff: StaffCall) -> User:
    person_places_lock(user.pk)
    row = User.objects.select_for_update().get(pk=user.pk)
    is_protected = row.is_staff or row.is_superuser
    if row.pk == staff.staff_id or (is_protected and not _is_superuser(staff)):
        raise StaffProtected
    return row


def _is_superuser(staff: StaffCall) -> bool:
    return User.objects.filter(pk=staff.staff_id, is_superuser=True, is_active=True).exists()
