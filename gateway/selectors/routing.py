"""Where a call for a model goes: the model, the credentials to try in their order, and the bounds set on it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal

from gateway.errors import ModelOff, ModelUnknown, ProviderMissing
from gateway.selectors.shelves import (
    HOST,
    Policy,
    ServedModel,
    Shelf,
    UsableCredential,
    ashelf_of,
    shelf_of,
)

OF_THE_HOST: Final = "host"
"""Stands in a policy's list of credentials for all of the host's."""
OPEN: Final = Policy(True, frozenset(), frozenset(), (), None, None)
"""The policy of a model about which a workspace decided nothing."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A credential to try. `forms`: the wire forms it and the model have in common; `concurrency` None: no bound.

    One that is cooled has failed a moment ago: to be tried only when no other is left.
    """

    credential_id: str
    kind: str
    base_url: str
    secret: str = field(repr=False)
    payer: Literal["own", "host"]
    upstream_model: str
    headers: Mapping[str, str] = field(repr=False)
    forms: tuple[str, ...]
    concurrency: int | None
    cooled_until: datetime | None


@dataclass(frozen=True, slots=True)
class Route:
    """`candidates` has one at least. `output_cap` is tokens, `call_ceiling` micro-cents; None: no bound of its own."""

    model: ServedModel
    candidates: tuple[Candidate, ...]
    output_cap: int | None
    call_ceiling: int | None
    lowers_cap: bool = True


@dataclass(frozen=True, slots=True)
class Asker:
    """Who calls. `role` is empty for a service key; `key_id`, empty without a key, is the first of its rotation."""

    workspace_id: str
    member_id: str
    key_id: str
    role: str


def route_for(*, workspace_id: str, member_id: str, key_id: str, role: str, model_slug: str) -> Route:
    """Raises ModelUnknown, ModelOff, ProviderMissing. What was changed holds within 4 seconds.

    `member_id` is a person's id; `role` theirs in the workspace, empty for a service key; `key_id` the id of the first
    key of a rotation, empty when no API key is used.
    """
    asker = Asker(workspace_id, member_id, key_id, role)
    return _route(shelf_of(HOST), shelf_of(workspace_id), asker, model_slug)


async def aroute_for(*, workspace_id: str, member_id: str, key_id: str, role: str, model_slug: str) -> Route:
    """`route_for` in an event loop."""
    asker = Asker(workspace_id, member_id, key_id, role)
    return _route(await ashelf_of(HOST), await ashelf_of(workspace_id), asker, model_slug)


def models_for(*, workspace_id: str, member_id: str, key_id: str, role: str) -> list[Route]:
    """Every model that may be called and can be, by slug."""
    host, own = shelf_of(HOST), shelf_of(workspace_id)
    asker = Asker(workspace_id, member_id, key_id, role)
    found = (_possible(host, own, asker, slug) for slug in sorted({*host.models, *own.models}))
    return [route for route in found if route is not None]


async def amodels_for(*, workspace_id: str, member_id: str, key_id: str, role: str) -> list[Route]:
    """`models_for` in an event loop."""
    for owner in (HOST, workspace_id):
        await ashelf_of(owner)
    return models_for(workspace_id=workspace_id, member_id=member_id, key_id=key_id, role=role)


def is_for(policy: Policy, asker: Asker) -> bool:
    """Whether the policy lets this asker use the model.

    A list of keys bounds calls by key alone. A service key has no role: where roles are listed it must be, too.
    """
    if asker.key_id and policy.keys and asker.key_id not in policy.keys:
        return False
    if not policy.roles:
        return policy.is_on
    return policy.is_on and (asker.role in policy.roles or (not asker.role and asker.key_id in policy.keys))


def _possible(host: Shelf, own: Shelf, asker: Asker, slug: str) -> Route | None:
    try:
        return _route(host, own, asker, slug)
    except (ModelUnknown, ModelOff, ProviderMissing):
        return None


def _route(host: Shelf, own: Shelf, asker: Asker, slug: str) -> Route:
    model = own.models.get(slug) or host.models.get(slug)
    if model is None:
        raise ModelUnknown
    policy = own.policies.get(model.id, OPEN)
    if not model.is_on or not is_for(policy, asker):
        raise ModelOff
    usable = _ordered(host, own, model, policy)
    candidates = tuple(_candidate(each, model) for each in usable if set(each.forms) & set(model.forms))
    if not candidates:
        raise ProviderMissing
    return Route(model, candidates, policy.output_cap, policy.call_ceiling, own.lowers_cap)


def _ordered(host: Shelf, own: Shelf, model: ServedModel, policy: Policy) -> Iterable[UsableCredential]:
    """A workspace with keys of its own pays with these alone, unless its policy adds the host's."""
    own_ones = [each for each in own.credentials if _serves(each, model)]
    hosts = [each for each in host.credentials if _serves(each, model)]
    if not policy.credentials:
        return own_ones or hosts
    by_id = {each.id: [each] for each in own_ones} | {OF_THE_HOST: hosts}
    return [each for name in policy.credentials for each in by_id.get(name, [])]


def _serves(credential: UsableCredential, model: ServedModel) -> bool:
    if model.credential_id:
        return credential.id == model.credential_id
    return credential.kind == model.kind


def _candidate(credential: UsableCredential, model: ServedModel) -> Candidate:
    return Candidate(
        credential_id=credential.id,
        kind=credential.kind,
        base_url=credential.base_url,
        secret=credential.secret,
        payer="own" if credential.workspace_id else "host",
        upstream_model=model.upstream_name,
        headers=credential.headers,
        forms=tuple(form for form in model.forms if form in credential.forms),
        concurrency=credential.concurrency,
        cooled_until=credential.cooled_until,
    )
