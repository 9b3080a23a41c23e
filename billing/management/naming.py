"""Reads what operators type: workspaces by slug or id, amounts in dollars."""

import re
from decimal import Decimal
from typing import Final

from django.core.management.base import CommandError
from django.db.models import Q

from billing.services.work import AMOUNT_MAX
from opencode.lib.money import MICRO_CENTS_PER_DOLLAR
from workspaces.models import Workspace

UNUSABLE: Final = 2
_DOLLARS: Final = re.compile(r"\$?(\d{1,8}(?:\.\d{1,8})?)")


def workspace_named(name: str) -> Workspace:
    """The workspace. Raises CommandError with exit code 2 when there is none."""
    workspace = Workspace.objects.filter(Q(slug=name) | Q(pk=name), purged_at=None).first()
    if workspace is None:
        raise CommandError(f"no such workspace: {name}", returncode=UNUSABLE)
    return workspace


def micro_cents_of(text: str) -> int:
    """Dollars with up to eight decimals, converted exactly. Raises CommandError with exit code 2 for anything else."""
    matched = _DOLLARS.fullmatch(text)
    amount = int(Decimal(matched[1]) * MICRO_CENTS_PER_DOLLAR) if matched else AMOUNT_MAX + 1
    if amount > AMOUNT_MAX:
        raise CommandError(f"not an amount in dollars such as 25 or 0.50: {text}", returncode=UNUSABLE)
    return amount
