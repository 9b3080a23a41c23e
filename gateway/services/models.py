"""What admins decide about models: for whom, at what bounds, which is the default; and models of their own."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db import transaction

from gateway.errors import ModelLimitReached, ModelPriceMissing, ModelSlugTaken, ModelUnknown, ProviderMissing
from gateway.models import Model, ModelPolicy, ModelSettings, ProviderCredential
from gateway.providers import KINDS
from gateway.selectors.prices import prices_of
from gateway.selectors.shelves import HOST
from gateway.services.standing import workspace_lock
from opencode.lib.actor import Actor
from opencode.lib.clock import utc_now
from workspaces.services.audit import audit_record

OWN_MODELS: Final = 200
FREE: Final = "local/free"
"""The price of what nobody bills by the token."""


@dataclass(frozen=True, slots=True)
class Decision:
    """A workspace's policy for a model, as `ModelPolicy` describes it. Cap in tokens, ceiling in micro-cents."""

    is_on: bool = True
    roles: Collection[str] = ()
    keys: Collection[str] = ()
    credentials: Sequence[str] = ()
    output_cap: int | None = None
    call_ceiling: int | None = None


@dataclass(frozen=True, slots=True)
class OwnModel:
    """A model on one of the workspace's own credentials. Limits are tokens."""

    slug: str
    name: str
    credential_id: str
    upstream_name: str
    price_name: str
    context_window: int
    output_limit: int
    modalities_in: Sequence[str] = ("text",)
    reasoning: bool = False
    tool_call: bool = True


def model_decide(*, workspace_id: str, model: Model, decision: Decision, actor: Actor) -> ModelPolicy:
    """Replace what the workspace decided about the model; in force within 4 seconds.

    Raises ModelUnknown for another workspace's model, ModelPriceMissing when it is switched on without a price;
    NotFound, Forbidden when the person's right has ended meanwhile.
    """
    if model.workspace_id not in {HOST, workspace_id}:
        raise ModelUnknown
    if decision.is_on:
        _require_price(model.price_name)
    with transaction.atomic():
        workspace_lock(workspace_id, actor)
        fields = {
            "is_on": decision.is_on,
            "roles": sorted(decision.roles),
            "keys": sorted(decision.keys),
            "credentials": list(decision.credentials),
            "output_cap": decision.output_cap,
            "call_ceiling": decision.call_ceiling,
        }
        policy, _ = ModelPolicy.objects.update_or_create(workspace_id=workspace_id, model=model, defaults=fields)
        _record(workspace_id, actor, "model.policy", model.pk, slug=model.slug, **fields)
    return policy


def model_switch(*, workspace_id: str, model: Model, is_on: bool, actor: Actor) -> ModelPolicy:
    """Switch the model for the whole workspace and leave the rest of its policy. Raises as `model_decide` does."""
    present = ModelPolicy.objects.filter(workspace_id=workspace_id, model=model).first() or ModelPolicy()
    decision = Decision(
        is_on=is_on,
        roles=present.roles,
        keys=present.keys,
        credentials=present.credentials,
        output_cap=present.output_cap,
        call_ceiling=present.call_ceiling,
    )
    return model_decide(workspace_id=workspace_id, model=model, decision=decision, actor=actor)


def model_create(*, workspace_id: str, new: OwnModel, actor: Actor) -> Model:
    """Add a model that one of the workspace's own credentials serves; it hides the host's of the same slug.

    Raises ProviderMissing for a credential of somebody else, ModelPriceMissing, ModelSlugTaken, ModelLimitReached.
    """
    _require_price(new.price_name)
    with transaction.atomic():
        workspace_lock(workspace_id, actor)
        own = Model.objects.filter(workspace_id=workspace_id)
        credential = ProviderCredential.objects.filter(workspace_id=workspace_id, pk=new.credential_id).first()
        if credential is None:
            raise ProviderMissing
        if own.filter(slug=new.slug).exists():
            raise ModelSlugTaken(fields={"slug": [ModelSlugTaken.default_message]})
        if own.count() >= OWN_MODELS:
            raise ModelLimitReached(limit=OWN_MODELS)
        row = Model.objects.create(workspace_id=workspace_id, slug=new.slug, **_fields(new, credential))
        _record(workspace_id, actor, "model.create", row.pk, slug=row.slug, credential=credential.pk)
    return row


def model_change(*, model: Model, new: OwnModel, actor: Actor) -> bool:
    """Make one of the workspace's own models what `new` says, but for its slug; False when it is that already.

    Raises ProviderMissing for a credential of somebody else, ModelPriceMissing, ModelUnknown.
    """
    _require_price(new.price_name)
    with transaction.atomic():
        workspace_lock(model.workspace_id, actor)
        credential = ProviderCredential.objects.filter(workspace_id=model.workspace_id, pk=new.credential_id).first()
        if credential is None:
            raise ProviderMissing
        row = Model.objects.select_for_update().filter(pk=model.pk).exclude(workspace_id=HOST).first()
        if row is None:
            raise ModelUnknown
        changed = {name: value for name, value in _fields(new, credential).items() if getattr(row, name) != value}
        if changed:
            Model.objects.filter(pk=row.pk).update(**changed)
            _record(model.workspace_id, actor, "model.change", row.pk, slug=row.slug, fields=sorted(changed))
    return bool(changed)


def model_delete(*, model: Model, actor: Actor) -> None:
    """Delete a workspace's own model with its policy; the host's of the same slug shows again."""
    with transaction.atomic():
        workspace_lock(model.workspace_id, actor)
        row_id = model.pk
        Model.objects.filter(pk=row_id, workspace_id=model.workspace_id).delete()
        _record(model.workspace_id, actor, "model.delete", row_id, slug=model.slug)


def settings_save(
    *,
    workspace_id: str,
    default_model: str,
    small_model: str,
    is_exclusive: bool,
    lowers_cap: bool,
    actor: Actor,
) -> ModelSettings:
    """Choose the default and the small model by slug, "" for none. Raises ModelUnknown for a slug there is none of."""
    with transaction.atomic():
        workspace_lock(workspace_id, actor)
        known = set(Model.objects.filter(workspace_id__in=[HOST, workspace_id]).values_list("slug", flat=True))
        if not {slug for slug in (default_model, small_model) if slug} <= known:
            raise ModelUnknown
        fields: dict[str, Any] = {
            "default_model": default_model,
            "small_model": small_model,
            "is_exclusive": is_exclusive,
            "lowers_cap": lowers_cap,
        }
        row, _ = ModelSettings.objects.update_or_create(workspace_id=workspace_id, defaults=fields)
        _record(workspace_id, actor, "model.settings", **fields)
    return row


def host_model_switch(*, model: Model, is_on: bool) -> bool:
    """Offer one of the host's models to all workspaces, or to none; returns whether that changed anything.

    Raises ModelPriceMissing.
    """
    if is_on:
        _require_price(model.price_name)
    with transaction.atomic():
        workspace_lock(HOST, Actor("system"))
        rows = Model.objects.filter(pk=model.pk, workspace_id=HOST, off_at__isnull=not is_on)
        return rows.update(off_at=None if is_on else utc_now()) > 0


def _fields(new: OwnModel, credential: ProviderCredential) -> dict[str, Any]:
    return {
        "name": new.name,
        "kind": credential.kind,
        "credential_id": credential.pk,
        "upstream_name": new.upstream_name,
        "price_name": new.price_name,
        "forms": [str(form) for form in KINDS[credential.kind].forms],
        "context_window": new.context_window,
        "output_limit": new.output_limit,
        "modalities_in": list(new.modalities_in),
        "modalities_out": ["text"],
        "reasoning": new.reasoning,
        "tool_call": new.tool_call,
    }


def _require_price(name: str) -> None:
    if not prices_of([name], now=utc_now()):
        raise ModelPriceMissing(fields={"price_name": [ModelPriceMissing.default_message]})


def _record(workspace_id: str, actor: Actor, action: str, target_id: str = "", **details: Any) -> None:
    if workspace_id:
        audit_record(workspace_id=workspace_id, actor=actor, action=action, target_id=target_id, details=details)
