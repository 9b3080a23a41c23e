"""What can be called: the host's models and credentials, and each workspace's own with its policies.

Read at most every SHELF_SECONDS for each owner, so that what people and staff change holds in every process that soon.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import structlog

from gateway.models import Model, ModelPolicy, ModelSettings, ProviderCredential
from gateway.sealed import credential_unseal
from opencode.lib.asgi.threads import in_thread
from opencode.lib.caching import BoundedCache
from opencode.lib.sealing import SealBroken

log = structlog.get_logger(__name__)

HOST: Final = ""
SHELF_SECONDS: Final = 3.0
SHELVES: Final = 1000


@dataclass(frozen=True, slots=True)
class ServedModel:
    """A model as calls need it. `forms` are the names of wire forms; limits are tokens; `price_name` is for billing."""

    id: str
    slug: str
    name: str
    kind: str
    credential_id: str
    upstream_name: str
    price_name: str
    forms: tuple[str, ...]
    context_window: int
    output_limit: int
    is_on: bool


@dataclass(frozen=True, slots=True)
class UsableCredential:
    """A credential that is on, with its key in the clear: never to be logged, so that its `repr` leaves it out."""

    id: str
    workspace_id: str
    kind: str
    base_url: str
    secret: str = field(repr=False)
    forms: tuple[str, ...]
    headers: Mapping[str, str] = field(repr=False)
    concurrency: int | None
    cooled_until: datetime | None


@dataclass(frozen=True, slots=True)
class Policy:
    """`keys` and `roles`: whom it is for, all when empty; `credentials`: ids, and "host" for all of the host's."""

    is_on: bool
    roles: frozenset[str]
    keys: frozenset[str]
    credentials: tuple[str, ...]
    output_cap: int | None
    call_ceiling: int | None


@dataclass(frozen=True, slots=True)
class Shelf:
    """What one owner, a workspace or the host, has: models by slug, policies by model id, credentials in order.

    `lowers_cap`: calls that do not fit into a limit are sent with less output.
    """

    models: Mapping[str, ServedModel]
    policies: Mapping[str, Policy]
    credentials: tuple[UsableCredential, ...]
    lowers_cap: bool = True


_SHELVES: Final[BoundedCache[str, Shelf]] = BoundedCache(SHELVES, seconds=SHELF_SECONDS)


def shelf_of(owner: str) -> Shelf:
    """The shelf of a workspace by its id, or of the HOST; at most SHELF_SECONDS old."""
    return _SHELVES.get_or_make(owner, lambda: _read(owner))


async def ashelf_of(owner: str) -> Shelf:
    """`shelf_of` for an event loop, which waits for the database in a thread when the shelf is too old."""
    return await _SHELVES.get_or_await(owner, lambda: in_thread(_read, owner))


def shelves_forget() -> None:
    """Read everything again at the next call, in this process."""
    _SHELVES.clear()


def _read(owner: str) -> Shelf:
    models = Model.objects.filter(workspace_id=owner)
    policies = ModelPolicy.objects.filter(workspace_id=owner) if owner else ModelPolicy.objects.none()
    credentials = ProviderCredential.objects.filter(workspace_id=owner, off_at=None).order_by("position", "id")
    usable = (_usable(row) for row in credentials)
    return Shelf(
        models={row.slug: _served(row) for row in models},
        policies={row.model_id: _policy(row) for row in policies},
        credentials=tuple(each for each in usable if each is not None),
        lowers_cap=not ModelSettings.objects.filter(workspace_id=owner, lowers_cap=False).exists(),
    )


def _served(row: Model) -> ServedModel:
    return ServedModel(
        id=row.pk,
        slug=row.slug,
        name=row.name,
        kind=row.kind,
        credential_id=row.credential_id,
        upstream_name=row.upstream_name,
        price_name=row.price_name,
        forms=tuple(row.forms),
        context_window=row.context_window,
        output_limit=row.output_limit,
        is_on=row.off_at is None,
    )


def _policy(row: ModelPolicy) -> Policy:
    return Policy(
        is_on=row.is_on,
        roles=frozenset(row.roles),
        keys=frozenset(row.keys),
        credentials=tuple(row.credentials),
        output_cap=row.output_cap,
        call_ceiling=row.call_ceiling,
    )


def _usable(row: ProviderCredential) -> UsableCredential | None:
    """None when its key cannot be read any more, because the console's own key it was sealed under is gone."""
    try:
        secret = credential_unseal(workspace_id=row.workspace_id, credential_id=row.pk, sealed=row.secret)
    except SealBroken:
        log.warning("credential_unreadable", credential=row.pk)
        return None
    return UsableCredential(
        id=row.pk,
        workspace_id=row.workspace_id,
        kind=row.kind,
        base_url=row.base_url,
        secret=secret,
        forms=tuple(row.forms),
        headers=row.headers,
        concurrency=row.concurrency,
        cooled_until=row.cooled_until,
    )
