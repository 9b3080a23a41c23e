"""Removing every second factor of a person who lost them all: password, code or provider is enough again."""

from allauth.mfa.models import Authenticator
from django.db import transaction

from accounts.models import User
from accounts.ports import PersonAct, person_act_record, person_places_lock
from accounts.selectors.factors import HeldFactors, factors_of
from accounts.services.devices import devices_revoke
from accounts.services.mail import mail_send
from accounts.services.sessions import sessions_end_others
from opencode.lib.actor import THE_CONSOLE, Actor
from opencode.lib.clock import utc_now
from opencode.lib.links import public_url


def factors_reset(*, user: User, actor: Actor) -> HeldFactors | None:
    """Remove all second factors; returns what was removed, or None when there was nothing.

    Browsers and devices are signed out, and the person gets a mail. An operator calls this after the person has proven
    who they are; the actor's reason says how.
    """
    with transaction.atomic():
        person_places_lock(user.pk)
        row = User.objects.select_for_update().get(pk=user.pk)
        factors = factors_of(row)
        if not factors.any:
            return None
        Authenticator.objects.filter(user=row).delete()
        sessions_end_others(user=row, keep="")
        devices_revoke(user=row, actor=THE_CONSOLE)
        mail_send(
            to=row.email,
            template="accounts/mail/factors_reset.html",
            context={"when": f"{utc_now():%Y-%m-%d %H:%M:%S} UTC", "url": public_url("mfa_index")},
        )
        person_act_record(PersonAct("member.reset", row.pk, actor))
    return factors
