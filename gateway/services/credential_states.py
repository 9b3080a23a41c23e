"""What calls say of the credentials they used: refused, failing and cooled for a while, or working again.

One statement each, that changes nothing where the row says so already; no lock of a workspace is taken.
"""

from datetime import datetime, timedelta
from typing import Final

import structlog
from django.db.models import Q

from gateway.models import ProviderCredential

log = structlog.get_logger(__name__)

ERROR_CHARACTERS: Final = 200
_STATE: Final = ProviderCredential.State


def credential_failed(*, credential_id: str, said: str, cool_for: timedelta, now: datetime) -> None:
    """Pass the credential over for a while. `said` is in the console's own words: a provider's may repeat the key."""
    _note(credential_id, _STATE.FAILING, said, now + cool_for, now)


def credential_refused(*, credential_id: str, said: str, cool_for: timedelta, now: datetime) -> None:
    """The provider refused the key itself; it stays on, and is tried again when it has cooled."""
    _note(credential_id, _STATE.REFUSED, said, now + cool_for, now)


def credential_worked(*, credential_id: str) -> bool:
    """A call with it succeeded; returns whether that changed anything. Its last error stays to be read."""
    rows = ProviderCredential.objects.filter(pk=credential_id)
    changed = rows.exclude(Q(state=_STATE.WORKING) & Q(cooled_until=None))
    return changed.update(state=_STATE.WORKING, cooled_until=None) > 0


def _note(credential_id: str, state: ProviderCredential.State, said: str, until: datetime, now: datetime) -> None:
    ProviderCredential.objects.filter(pk=credential_id).update(
        state=state, last_error=said[:ERROR_CHARACTERS], last_error_at=now, cooled_until=until
    )
    log.warning("credential_cooled", credential=credential_id, state=str(state), until=until.isoformat())
