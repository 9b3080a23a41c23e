"""What admins do with providers' keys, and staff with the host's; each act is in the workspace's audit log.

A key is tried before it is saved, outside every transaction. No answer, log or audit entry has it.
"""

import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from django.db import transaction
from django.views.decorators.debug import sensitive_variables

from gateway.errors import (
    ProviderHeaderRefused,
    ProviderKeyMissing,
    ProviderKeyRefused,
    ProviderKindUnknown,
    ProviderLimitReached,
    ProviderUnreachable,
)
from gateway.models import ProviderCredential, new_credential_id
from gateway.providers import KINDS, HeaderRefused, Kind, headers_checked
from gateway.sealed import credential_seal, credential_unseal
from gateway.services.credential_states import ERROR_CHARACTERS
from gateway.services.standing import workspace_lock
from gateway.services.trials import Trial, address_check, key_try
from opencode.lib.actor import Actor
from opencode.lib.clock import utc_now
from opencode.lib.errors import NotFound
from workspaces.services.audit import audit_record

CREDENTIAL_LIMIT: Final = 50
SHOWN: Final = 4
SHORTEST_SHOWN: Final = 12
"""A key shorter than this shows nothing of itself."""
UNCALLED: Final = Trial(ProviderCredential.State.UNTESTED, "Not tested: whoever saved the key said so.")


@dataclass(frozen=True, slots=True)
class NewCredential:
    """`base_url` empty: the provider's own; `workspace_id` empty: the host's. `concurrency` None: no bound."""

    workspace_id: str
    kind: str
    name: str
    secret: str = field(repr=False)
    base_url: str = ""
    headers: Mapping[str, str] | None = field(default=None, repr=False)
    concurrency: int | None = None


@dataclass(frozen=True, slots=True)
class Tried:
    """A key that may be saved, where it leads to, and what its trial came to."""

    kind: Kind
    base_url: str
    headers: Mapping[str, str] = field(repr=False)
    secret: str = field(repr=False)
    trial: Trial


@sensitive_variables("secret", "headers")
def credential_try(
    *, kind: str, secret: str, base_url: str = "", headers: Mapping[str, str] | None = None, is_called: bool = True
) -> Tried:
    """Check the key and, unless `is_called` is False, try it at its provider; for a caller that saves it later.

    `base_url` empty: the kind's own. Raises ProviderKeyRefused, ProviderUnreachable, ProviderAddressRefused,
    ProviderHeaderRefused, ProviderKeyMissing, ProviderKindUnknown.
    """
    known = _kind(kind)
    address, checked = address_check(base_url or known.base_url), _headers(headers or {})
    _require_key(known, secret)
    trial = UNCALLED
    if is_called:
        trial = key_try(kind=known, base_url=address, secret=secret, headers=checked)
    return Tried(known, address, checked, secret, trial)


@sensitive_variables("new", "tried")
def credential_create(
    *, new: NewCredential, actor: Actor, tried: Tried | None = None
) -> tuple[ProviderCredential, Trial]:
    """Try the key, unless it was `tried` already, and save it, last in the order, with what the trial came to.

    Raises as `credential_try` does, and ProviderLimitReached; NotFound, Forbidden when the person's right has ended
    meanwhile.
    """
    if tried is None:
        tried = credential_try(kind=new.kind, secret=new.secret, base_url=new.base_url, headers=new.headers)
    kind, trial = tried.kind, tried.trial
    with transaction.atomic():
        workspace_lock(new.workspace_id, actor)
        others = ProviderCredential.objects.filter(workspace_id=new.workspace_id)
        if others.count() >= CREDENTIAL_LIMIT:
            raise ProviderLimitReached(limit=CREDENTIAL_LIMIT)
        last = others.order_by("-position").values_list("position", flat=True).first()
        row = ProviderCredential(
            id=new_credential_id(),
            workspace_id=new.workspace_id,
            kind=kind.name,
            name=new.name,
            base_url=tried.base_url,
            forms=[str(form) for form in kind.forms],
            headers=dict(tried.headers),
            concurrency=new.concurrency,
            position=0 if last is None else last + 1,
            created_by_id=actor.person_id or "",
        )
        _sealed(row, tried.secret, trial)
        row.save(force_insert=True)
        _record(row, actor, "provider.create", kind=row.kind, name=row.name, address=row.base_url)
    return row, trial


def credential_change(
    *,
    credential: ProviderCredential,
    name: str,
    headers: Mapping[str, str],
    concurrency: int | None,
    is_on: bool,
    actor: Actor,
) -> ProviderCredential:
    """Change its name, further headers, bound, and whether it is used; in force within 4 seconds.

    Where it leads changes with its key alone: whoever may not read the key could send it anywhere otherwise.
    """
    checked = _headers(headers)
    with transaction.atomic():
        row = _locked(credential, actor)
        row.name, row.headers, row.concurrency = name, checked, concurrency
        row.off_at = None if is_on else (row.off_at or utc_now())
        row.save(update_fields=["name", "headers", "concurrency", "off_at"])
        _record(row, actor, "provider.change", name=name, headers=sorted(checked), on=is_on)
    return row


@sensitive_variables("secret", "tried")
def credential_rotate(
    *, credential: ProviderCredential, secret: str, base_url: str = "", actor: Actor, tried: Tried | None = None
) -> Trial:
    """Another key in its place: tried first, then used for every call that begins 4 seconds later.

    Calls that run go on with the key before, which its provider should keep for as long. `base_url` empty: the same.
    Raises as `credential_try` does, which is not called again for a key that was `tried` already.
    """
    if tried is None:
        address = base_url or credential.base_url
        tried = credential_try(kind=credential.kind, secret=secret, base_url=address, headers=credential.headers)
    with transaction.atomic():
        row = _locked(credential, actor)
        row.base_url, row.rotated_at = tried.base_url, utc_now()
        _sealed(row, tried.secret, tried.trial)
        row.save()
        _record(row, actor, "provider.rotate", address=row.base_url)
    return tried.trial


@sensitive_variables("secret")
def is_secret_of(credential: ProviderCredential, secret: str) -> bool:
    """Whether this is the key that is stored."""
    stored = credential_unseal(
        workspace_id=credential.workspace_id, credential_id=credential.pk, sealed=credential.secret
    )
    return hmac.compare_digest(stored.encode(), secret.encode())


def credential_test(*, credential: ProviderCredential, actor: Actor) -> Trial:
    """Try the stored key again and note the result, a refusal too. Raises ProviderAddressRefused."""
    kind = _kind(credential.kind)
    secret = credential_unseal(
        workspace_id=credential.workspace_id, credential_id=credential.pk, sealed=credential.secret
    )
    try:
        trial = key_try(kind=kind, base_url=credential.base_url, secret=secret, headers=credential.headers)
    except ProviderKeyRefused as refused:
        trial = Trial(ProviderCredential.State.REFUSED, refused.message)
    except ProviderUnreachable as failure:
        trial = Trial(ProviderCredential.State.FAILING, failure.message)
    with transaction.atomic():
        row = _locked(credential, actor)
        _noted(row, trial)
        row.save()
    return trial


def credentials_order(*, workspace_id: str, ids: Sequence[str], actor: Actor) -> None:
    """Put these first, in this order; all others follow in theirs."""
    with transaction.atomic():
        workspace_lock(workspace_id, actor)
        rows = list(ProviderCredential.objects.filter(workspace_id=workspace_id).order_by("position", "id"))
        place = {row_id: number for number, row_id in enumerate(ids)}
        rows.sort(key=lambda row: place.get(row.pk, len(place)))
        for position, row in enumerate(rows):
            row.position = position
        ProviderCredential.objects.bulk_update(rows, ["position"])
        if workspace_id:
            details = {"order": [row.pk for row in rows]}
            audit_record(workspace_id=workspace_id, actor=actor, action="provider.order", details=details)


def credential_delete(*, credential: ProviderCredential, actor: Actor) -> None:
    """Delete it with its key; calls that run end as they would have."""
    with transaction.atomic():
        row = _locked(credential, actor)
        row_id = row.pk
        row.delete()
        row.pk = row_id
        _record(row, actor, "provider.delete", name=row.name)


def _kind(name: str) -> Kind:
    if name not in KINDS:
        raise ProviderKindUnknown(fields={"kind": [ProviderKindUnknown.default_message]})
    return KINDS[name]


def _headers(headers: Mapping[str, str]) -> dict[str, str]:
    try:
        return headers_checked(headers)
    except HeaderRefused as refused:
        raise ProviderHeaderRefused(str(refused), fields={"headers": [str(refused)]}) from refused


def _require_key(kind: Kind, secret: str) -> None:
    if (not secret and not kind.has_own_address) or not secret.isascii() or not secret.isprintable() or " " in secret:
        said = "Paste the provider's key: visible characters without spaces."
        raise ProviderKeyMissing(said, fields={"secret": [said]})


def _sealed(row: ProviderCredential, secret: str, trial: Trial) -> None:
    row.secret = credential_seal(workspace_id=row.workspace_id, credential_id=row.pk, secret=secret)
    row.last4 = secret[-SHOWN:] if len(secret) >= SHORTEST_SHOWN else ""
    _noted(row, trial)


def _noted(row: ProviderCredential, trial: Trial) -> None:
    now = utc_now()
    row.state, row.tested_at, row.cooled_until = trial.state, now, None
    row.last_error, row.last_error_at = trial.said[:ERROR_CHARACTERS], now if trial.said else None


def _locked(credential: ProviderCredential, actor: Actor) -> ProviderCredential:
    workspace_lock(credential.workspace_id, actor)
    row = ProviderCredential.objects.select_for_update().filter(pk=credential.pk).first()
    if row is None:
        raise NotFound
    return row


def _record(row: ProviderCredential, actor: Actor, action: str, **details: Any) -> None:
    if row.workspace_id:
        audit_record(workspace_id=row.workspace_id, actor=actor, action=action, target_id=row.pk, details=details)
