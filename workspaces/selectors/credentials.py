"""Lists of API keys and share tokens: everything but the secret."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, TypeVar

from django.db.models import Q, QuerySet, Sum

from accounts.models import Device, User
from opencode.lib.clock import utc_now
from opencode.lib.keyring import macs_of_all_versions
from workspaces.keys.format import API_KEY_PREFIX, API_KEY_PURPOSE, SHARE_TOKEN_PURPOSE
from workspaces.models import APIKey, Credential, KeyUsage, ShareToken, Workspace

USAGE_DAYS: Final = 30

Row = TypeVar("Row", bound=Credential)


def live(rows: QuerySet[Row]) -> QuerySet[Row]:
    """Those neither revoked nor expired."""
    return rows.filter(Q(expires_at=None) | Q(expires_at__gt=utc_now()), revoked_at=None)


def api_keys(workspace: Workspace, *, only_of: User | None = None) -> QuerySet[APIKey]:
    """The workspace's keys, or only the ones of one person."""
    rows = APIKey.objects.filter(workspace=workspace).select_related("user")
    return rows if only_of is None else rows.filter(user=only_of)


def credential_name(credential_id: str) -> str:
    """What the share token, API key or signed-in agent with this id is called now; empty for any other id."""
    for prefix, rows in (("key_", APIKey.objects), ("tok_", ShareToken.objects), ("dev_", Device.objects)):
        if credential_id.startswith(prefix):
            return rows.filter(pk=credential_id).values_list("name", flat=True).first() or ""
    return ""


def family_of(key: APIKey) -> QuerySet[APIKey]:
    """The key and those it followed or that followed it by rotation, the newest first."""
    root = key.root_id or key.pk
    return APIKey.objects.filter(Q(pk=root) | Q(root_id=root), workspace_id=key.workspace_id).order_by("-pk")


def is_newest(key: APIKey) -> bool:
    """Whether no key follows this one."""
    return not family_of(key).filter(pk__gt=key.pk).exists()


def credential_of(secret: str) -> APIKey | ShareToken | None:
    """The key or token with this secret, live or not: one indexed read."""
    is_key = secret.startswith(API_KEY_PREFIX)
    hashes = list(macs_of_all_versions(API_KEY_PURPOSE if is_key else SHARE_TOKEN_PURPOSE, secret).values())
    if is_key:
        return APIKey.objects.select_related("workspace", "user").filter(secret_hash__in=hashes).first()
    return ShareToken.objects.select_related("workspace", "created_by").filter(secret_hash__in=hashes).first()


@dataclass(frozen=True)
class UsageDay:
    """One day's counts; `height` is its requests in per cent of the busiest day's."""

    day: date
    requests: int
    publishes: int
    height: int


def usage_days(key: APIKey, today: date, days: int = USAGE_DAYS) -> list[UsageDay]:
    """The last days of a key and its family, the oldest first, days without use included."""
    first = today - timedelta(days=days - 1)
    ids = list(family_of(key).values_list("pk", flat=True))
    rows = KeyUsage.objects.filter(key_id__in=ids, day__gte=first).values_list("day").order_by("day")
    counted = {day: counts for day, *counts in rows.annotate(Sum("requests"), Sum("publishes"))}
    most = max((requests for requests, _ in counted.values()), default=0)
    found = []
    for day in (first + timedelta(days=number) for number in range(days)):
        requests, publishes = counted.get(day, (0, 0))
        found.append(UsageDay(day, requests, publishes, -(-100 * requests // most) if most else 0))
    return found


def share_tokens(workspace: Workspace) -> QuerySet[ShareToken]:
    return ShareToken.objects.filter(workspace=workspace).select_related("created_by")
