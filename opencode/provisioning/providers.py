"""Providers' keys, by their names: tried before anything is written, saved or rotated where they are new.

What the environment holds is compared with what is stored, so that another key in the variable is a rotation.
"""

import os
from collections.abc import Mapping

from django.views.decorators.debug import sensitive_variables

from gateway.models import ProviderCredential
from gateway.providers import KINDS
from gateway.services.credentials import (
    NewCredential,
    Tried,
    credential_change,
    credential_create,
    credential_rotate,
    credential_try,
    credentials_order,
    is_secret_of,
)
from opencode.lib.actor import Actor
from opencode.provisioning.errors import ProvisionDiffers, ProvisionSecretMissing, at
from opencode.provisioning.fields import Provider, Provision
from opencode.provisioning.outcome import CHANGED, CREATED, ROTATED, Outcome
from opencode.provisioning.places import workspace_row

Trials = Mapping[str, Tried]
"""By the path of the provider in the file."""


def providers_try(declared: Provision) -> Trials:
    """Try the keys that are new or changed, outside every transaction. Raises ProvisionFailed."""
    owners = [("", "", declared.providers)]
    for number, workspace in enumerate(declared.workspaces):
        row = workspace_row(workspace.slug)
        owners.append((f"workspaces[{number}].", row.pk if row else "new", workspace.providers))
    found = {}
    for prefix, owner, providers in owners:
        present = credentials_by_name(owner)
        for number, provider in enumerate(providers):
            path = f"{prefix}providers[{number}]"
            with at(path):
                tried = _try(provider, present.get(provider.name))
            if tried is not None:
                found[path] = tried
    return found


def providers_apply(
    prefix: str, owner: str, providers: list[Provider], trials: Trials, actor: Actor, outcome: Outcome
) -> None:
    """Save what is declared for the workspace with this id, or for the host with ""; then put it in its order."""
    present = credentials_by_name(owner)
    for number, provider in enumerate(providers):
        path = f"{prefix}providers[{number}]"
        with at(path):
            act = _apply(owner, provider, present.get(provider.name), trials.get(path), actor)
        if act:
            outcome.note(path, act, provider.name)
    ids = [credentials_by_name(owner)[provider.name].pk for provider in providers]
    if _order(owner)[: len(ids)] != ids:
        credentials_order(workspace_id=owner, ids=ids, actor=actor)
        outcome.note(f"{prefix}providers", CHANGED, "their order")


def credentials_by_name(owner: str) -> Mapping[str, ProviderCredential]:
    """Of those with one name the first in the order."""
    rows = ProviderCredential.objects.filter(workspace_id=owner).order_by("-position", "-id")
    return {row.name: row for row in rows}


def _order(owner: str) -> list[str]:
    rows = ProviderCredential.objects.filter(workspace_id=owner).order_by("position", "id")
    return list(rows.values_list("pk", flat=True))


@sensitive_variables("secret")
def _try(provider: Provider, row: ProviderCredential | None) -> Tried | None:
    """What to save; None when the stored key is the one in the environment and leads to the same address."""
    secret = _secret(provider)
    if row is not None and row.kind != provider.kind:
        said = f"This name is that of a key of the kind {row.kind}."
        raise ProvisionDiffers(said, fields={"kind": [said]})
    if row is not None and is_secret_of(row, secret) and _address(provider) in {"", row.base_url}:
        return None
    return credential_try(
        kind=provider.kind,
        secret=secret,
        base_url=provider.base_url,
        headers=provider.headers,
        is_called=provider.tried,
    )


@sensitive_variables("secret")
def _secret(provider: Provider) -> str:
    if not provider.secret_variable:
        return ""
    secret = os.environ.get(provider.secret_variable, "")
    if not secret:
        said = f"The environment variable {provider.secret_variable} is not set."
        raise ProvisionSecretMissing(said, fields={"secret": [said]})
    return secret


def _address(provider: Provider) -> str:
    own = KINDS[provider.kind].base_url if provider.kind in KINDS else ""
    return provider.base_url.strip().rstrip("/") or own


def _apply(owner: str, provider: Provider, row: ProviderCredential | None, tried: Tried | None, actor: Actor) -> str:
    """What was done: CREATED, ROTATED, CHANGED, or nothing."""
    act = ""
    if row is None:
        row, act = _created(owner, provider, tried, actor), CREATED
    elif tried is not None:
        credential_rotate(credential=row, secret=tried.secret, actor=actor, tried=tried)
        act = ROTATED
    headers = {name.lower(): value for name, value in provider.headers.items()}
    present = (row.headers, row.concurrency, row.off_at is None)
    if present != (headers, provider.concurrency, provider.on):
        credential_change(
            credential=row,
            name=provider.name,
            headers=headers,
            concurrency=provider.concurrency,
            is_on=provider.on,
            actor=actor,
        )
        act = act or CHANGED
    return act


def _created(owner: str, provider: Provider, tried: Tried | None, actor: Actor) -> ProviderCredential:
    if tried is None:
        raise ProvisionDiffers("The key was deleted while this ran; run it again.")
    new = NewCredential(
        workspace_id=owner,
        kind=provider.kind,
        name=provider.name,
        secret=tried.secret,
        concurrency=provider.concurrency,
    )
    return credential_create(new=new, actor=actor, tried=tried)[0]
