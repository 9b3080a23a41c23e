"""Reactions to facts: models are read again, and calls that lost what they depend on end at once where they are served.

Other processes learn of it by their own look at the rows. Receivers run in the thread that committed.
"""

from typing import Any

from django.dispatch import receiver

from accounts.signals import account_closed, device_revoked
from gateway.relay import calls_end
from gateway.selectors.shelves import shelves_forget
from gateway.signals import models_changed
from workspaces.signals import api_key_revoked, membership_removed, workspace_closed


@receiver(models_changed)
def changed_models_read_again(**_fact: Any) -> None:
    shelves_forget()


@receiver(membership_removed)
def removed_members_calls_end(*, membership_id: str, **_fact: Any) -> None:
    calls_end(lambda caller: caller.membership_id == membership_id)


@receiver(api_key_revoked)
def revoked_keys_calls_end(*, key_id: str, **_fact: Any) -> None:
    calls_end(lambda caller: caller.used_key_id == key_id)


@receiver(device_revoked)
def revoked_devices_calls_end(*, device_id: str, **_fact: Any) -> None:
    calls_end(lambda caller: caller.device_id == device_id)


@receiver(account_closed)
def closed_accounts_calls_end(*, user_id: str, **_fact: Any) -> None:
    calls_end(lambda caller: caller.member_id == user_id)


@receiver(workspace_closed)
def closed_workspaces_calls_end(*, workspace_id: str, **_fact: Any) -> None:
    calls_end(lambda caller: caller.workspace_id == workspace_id)
