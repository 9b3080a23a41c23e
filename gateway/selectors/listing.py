"""Models and providers as the pages show them."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from django.db.models import QuerySet

from billing.pricing.prices import Price
from gateway.models import Model, ModelPolicy, ProviderCredential
from gateway.providers import KINDS
from gateway.selectors.prices import prices_of
from gateway.selectors.shelves import HOST
from opencode.lib.clock import utc_now
from workspaces.models import APIKey, Workspace
from workspaces.selectors.credentials import api_keys, live


class Standing(StrEnum):
    """Whether a model can be called in a workspace, and what prevents it first."""

    ON = "on"
    OFF = "off"
    WITHDRAWN = "withdrawn"
    NO_PRICE = "no price"
    NO_KEY = "no key"


@dataclass(frozen=True, slots=True)
class ListedModel:
    """A model with its price, the workspace's policy, and the keys that serve it. `is_own`: the workspace's own."""

    row: Model
    policy: ModelPolicy
    price: Price | None
    standing: Standing
    payer: str

    @property
    def is_own(self) -> bool:
        return bool(self.row.workspace_id)

    @property
    def provider(self) -> str:
        return KINDS[self.row.kind].words

    @property
    def rates(self) -> Mapping[str, int]:
        """Micro-cents per million tokens, by token class; empty without a price."""
        return self.price.base if self.price else {}

    @property
    def is_for(self) -> str:
        """Who may use it, in words."""
        roles = " and ".join(f"{role}s" for role in ("owner", "admin", "member") if role in self.policy.roles)
        keys = f"{len(self.policy.keys)} API key{'s' if len(self.policy.keys) > 1 else ''}" if self.policy.keys else ""
        return ", ".join(each for each in (roles.capitalize(), keys) if each) or "Everybody"


def model_of(workspace: Workspace, model_id: str) -> Model | None:
    """A model of the host or of this workspace."""
    return Model.objects.filter(pk=model_id, workspace_id__in=[HOST, workspace.pk]).first()


def models_listed(workspace: Workspace) -> list[ListedModel]:
    """All models of the host and of the workspace, whose own hide the host's; those with a key first, by name."""
    rows = Model.objects.filter(workspace_id__in=[HOST, workspace.pk]).order_by("workspace_id")
    by_slug = {row.slug: row for row in rows}
    return sorted(
        _listed(workspace, list(by_slug.values())),
        key=lambda each: (each.standing == Standing.NO_KEY, each.row.kind, each.row.name),
    )


def models_of_key(workspace: Workspace, key: ProviderCredential) -> list[ListedModel]:
    """The models that are on and that this key can serve."""
    listed = (each for each in models_listed(workspace) if each.standing == Standing.ON)
    return [each for each in listed if each.row.kind == key.kind and each.row.credential_id in {"", key.pk}]


def model_listed(workspace: Workspace, row: Model) -> ListedModel:
    (found,) = _listed(workspace, [row])
    return found


def credentials_of(workspace: Workspace) -> QuerySet[ProviderCredential]:
    """The workspace's own, in the order in which they are tried."""
    return ProviderCredential.objects.filter(workspace_id=workspace.pk).order_by("position", "id")


def credential_of(workspace: Workspace, credential_id: str) -> ProviderCredential | None:
    return credentials_of(workspace).filter(pk=credential_id).first()


def hosts_kinds() -> set[str]:
    """The kinds for which the host has a key that is on."""
    return set(ProviderCredential.objects.filter(workspace_id=HOST, off_at=None).values_list("kind", flat=True))


def keys_for_models(workspace: Workspace) -> list[APIKey]:
    """The active API keys that may call models, the newest of each rotation."""
    newest: dict[str, APIKey] = {}
    for key in live(api_keys(workspace)).order_by("pk"):
        if "models" in key.scopes:
            newest[key.root_id or key.pk] = key
    return list(newest.values())


def _listed(workspace: Workspace, rows: list[Model]) -> list[ListedModel]:
    policies = {each.model_id: each for each in ModelPolicy.objects.filter(workspace_id=workspace.pk)}
    usable = list(credentials_of(workspace).filter(off_at=None))
    hosts = list(ProviderCredential.objects.filter(workspace_id=HOST, off_at=None))
    prices = prices_of({row.price_name for row in rows}, now=utc_now())
    found = []
    for row in rows:
        policy = policies.get(row.pk) or ModelPolicy(workspace_id=workspace.pk, model=row)
        price = prices.get(row.price_name)
        payer = _payer(row, policy, usable, hosts)
        found.append(ListedModel(row, policy, price, _standing(row, policy, price, payer), payer))
    return found


def _payer(row: Model, policy: ModelPolicy, own: list[ProviderCredential], hosts: list[ProviderCredential]) -> str:
    """`own`, `host`, or empty when no key serves the model."""
    own_ids = {each.pk for each in own if each.kind == row.kind and row.credential_id in {"", each.pk}}
    has_host = any(each.kind == row.kind and row.credential_id in {"", each.pk} for each in hosts)
    if policy.credentials:
        own_ids &= set(policy.credentials)
        has_host = has_host and "host" in policy.credentials
    return "own" if own_ids else "host" if has_host else ""


def _standing(row: Model, policy: ModelPolicy, price: Price | None, payer: str) -> Standing:
    if row.off_at is not None:
        return Standing.WITHDRAWN
    if not payer:
        return Standing.NO_KEY
    if price is None:
        return Standing.NO_PRICE
    return Standing.ON if policy.is_on else Standing.OFF
