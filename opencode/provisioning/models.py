"""Which models are offered, a workspace's own, and what it decides about each."""

from collections.abc import Sequence

from gateway.models import Model, ModelPolicy, ModelSettings
from gateway.selectors.routing import OF_THE_HOST
from gateway.selectors.shelves import HOST
from gateway.services.models import (
    Decision,
    OwnModel,
    host_model_switch,
    model_change,
    model_create,
    model_decide,
    settings_save,
)
from opencode.provisioning.errors import at
from opencode.provisioning.fields import HostModel, Policy, WorkspaceModel
from opencode.provisioning.keys import keys_by_name
from opencode.provisioning.outcome import CHANGED, CREATED, Outcome
from opencode.provisioning.places import Place
from opencode.provisioning.providers import credentials_by_name
from opencode.provisioning.reading import unknown


def host_models_apply(models: list[HostModel], outcome: Outcome) -> None:
    """Offer models of the host to all workspaces, or withdraw them."""
    for number, declared in enumerate(models):
        path = f"models[{number}]"
        row = Model.objects.filter(workspace_id=HOST, slug=declared.slug).first()
        if row is None:
            unknown(f"{path}.slug", f"The host has no model “{declared.slug}”.")
        with at(path):
            if host_model_switch(model=row, is_on=declared.on):
                outcome.note(path, CHANGED, declared.slug)


def own_models_apply(place: Place) -> None:
    """Make or change the workspace's own models."""
    for number, declared in enumerate(place.declared.models):
        path = f".models[{number}]"
        credential = credentials_by_name(place.row.pk).get(declared.provider)
        if credential is None:
            said = f"The workspace has no provider “{declared.provider}”."
            unknown(f"{place.path}{path}.provider", said)
        new = _own(declared, credential.pk)
        with at(place.path + path):
            row = Model.objects.filter(workspace_id=place.row.pk, slug=declared.slug).first()
            if row is None:
                model_create(workspace_id=place.row.pk, new=new, actor=place.actor)
                place.note(path, CREATED, declared.slug)
            elif model_change(model=row, new=new, actor=place.actor):
                place.note(path, CHANGED, declared.slug)


def policies_apply(place: Place) -> None:
    """Replace each policy that is not what the file says."""
    for number, declared in enumerate(place.declared.policies):
        path = f".policies[{number}]"
        model = _model(place, f"{place.path}{path}.model", declared.model)
        decision = _decision(place, place.path + path, declared)
        with at(place.path + path):
            present = ModelPolicy.objects.filter(workspace_id=place.row.pk, model=model).first()
            if present is None or _decided(present) != decision:
                model_decide(workspace_id=place.row.pk, model=model, decision=decision, actor=place.actor)
                place.note(path, CHANGED, declared.model)


def settings_apply(place: Place) -> None:
    """Replace the choices for all models when they are not what the file says."""
    declared = place.declared.model_settings
    if declared is None:
        return
    row = ModelSettings.objects.filter(pk=place.row.pk).first() or ModelSettings(workspace_id=place.row.pk)
    wanted = (declared.default_model, declared.small_model, declared.exclusive, declared.lowers_cap)
    if (row.default_model, row.small_model, row.is_exclusive, row.lowers_cap) == wanted:
        return
    with at(f"{place.path}.model_settings"):
        settings_save(
            workspace_id=place.row.pk,
            default_model=declared.default_model,
            small_model=declared.small_model,
            is_exclusive=declared.exclusive,
            lowers_cap=declared.lowers_cap,
            actor=place.actor,
        )
    place.note(".model_settings", CHANGED, "")


def _own(declared: WorkspaceModel, credential_id: str) -> OwnModel:
    return OwnModel(
        slug=declared.slug,
        name=declared.name,
        credential_id=credential_id,
        upstream_name=declared.upstream_name,
        price_name=declared.price_name,
        context_window=declared.context_window,
        output_limit=declared.output_limit,
        modalities_in=declared.modalities_in,
        reasoning=declared.reasoning,
        tool_call=declared.tool_call,
    )


def _model(place: Place, path: str, slug: str) -> Model:
    """The workspace's own of this slug, or the host's."""
    rows = Model.objects.filter(workspace_id__in=[HOST, place.row.pk], slug=slug).order_by("-workspace_id")
    return rows.first() or unknown(path, f"There is no model “{slug}”.")


def _decision(place: Place, path: str, declared: Policy) -> Decision:
    keys = {name: key.root_id or key.pk for name, key in keys_by_name(place.row.pk).items()}
    credentials = {name: row.pk for name, row in credentials_by_name(place.row.pk).items()}
    credentials[OF_THE_HOST] = OF_THE_HOST
    return Decision(
        is_on=declared.on,
        roles=sorted(declared.roles),
        keys=sorted(_ids(f"{path}.keys", declared.keys, keys)),
        credentials=_ids(f"{path}.providers", declared.providers, credentials),
        output_cap=declared.output_cap,
        call_ceiling=declared.call_ceiling,
    )


def _ids(path: str, names: Sequence[str], ids: dict[str, str]) -> list[str]:
    for number, name in enumerate(names):
        if name not in ids:
            unknown(f"{path}[{number}]", f"The workspace has no “{name}”.")
    return [ids[name] for name in names]


def _decided(row: ModelPolicy) -> Decision:
    return Decision(
        is_on=row.is_on,
        roles=sorted(row.roles),
        keys=sorted(row.keys),
        credentials=list(row.credentials),
        output_cap=row.output_cap,
        call_ceiling=row.call_ceiling,
    )
