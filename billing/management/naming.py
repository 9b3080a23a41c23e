"""Reads what operators type: workspaces by slug or id, amounts in dollars, days."""

import re
from datetime import UTC, date, datetime, timedelta
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
        raise CommandError(f"No such workspace: {name}", returncode=UNUSABLE)
    return workspace


def micro_cents_of(text: str) -> int:
    """Dollars with up to eight decimals, converted exactly. Raises CommandError with exit code 2 for anything else."""
    matched = _DOLLARS.fullmatch(text)
    amount = int(Decimal(matched[1]) * MICRO_CENTS_PER_DOLLAR) if matched else AMOUNT_MAX + 1
    if amount > AMOUNT_MAX:
        raise CommandError(f"Not an amount in dollars such as 25 or 0.50: {text}", returncode=UNUSABLE)
    return amount


def day_named(text: str) -> date:
    """A day such as 2026-11-30. Raises CommandError with exit code 2 for anything else."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise CommandError(f"Not a day such as 2026-11-30: {text}", returncode=UNUSABLE) from error


def day_after(text: str) -> datetime:
    """The end of a day (UTC), which is the first moment of the next. Raises CommandError as `day_named`."""
    try:
        end = day_named(text) + timedelta(days=1)
    except OverflowError as error:
        raise CommandError(f"Not a day such as 2026-11-30: {text}", returncode=UNUSABLE) from error
    return datetime(end.year, end.month, end.day, tzinfo=UTC)
