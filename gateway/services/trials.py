"""Tries a provider's key by a look-up that costs nothing; the key and what the provider says are kept nowhere."""

import http.client
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import structlog
from django.views.decorators.debug import sensitive_variables

from gateway.errors import ProviderAddressRefused, ProviderKeyRefused, ProviderUnreachable
from gateway.models import ProviderCredential
from gateway.providers import Kind
from opencode.lib.outbound import OutboundRefused, checked_url, get

log = structlog.get_logger(__name__)

TRIAL_SECONDS: Final = 10.0
ANSWER_BYTES: Final = 2 * 1024 * 1024
MODELS_LISTED: Final = 500
_REFUSED: Final = frozenset({401, 403})
# Google answers so to a key that is none.
_REFUSED_BY_GOOGLE: Final = b"API_KEY_INVALID"
_SUCCESS: Final = range(200, 300)


@dataclass(frozen=True, slots=True)
class Trial:
    """`said` is empty when the key works, else what happened, for a person; `models`: names the provider listed."""

    state: ProviderCredential.State
    said: str
    models: tuple[str, ...] = ()


@sensitive_variables("secret", "headers")
def key_try(*, kind: Kind, base_url: str, secret: str, headers: Mapping[str, str]) -> Trial:
    """Call the provider's list of models with the key.

    Raises ProviderKeyRefused; ProviderUnreachable when nothing answers in time; ProviderAddressRefused for a private
    address, also when it is a name that leads to one. Another answer, such as 404 or 500, says nothing of the key: it
    is UNTESTED then. Redirects are not followed.
    """
    url = base_url + kind.trial_path
    try:
        status, body = get(url, {**headers, **kind.headers(secret)}, seconds=TRIAL_SECONDS, at_most=ANSWER_BYTES)
    except OutboundRefused as refused:
        raise _address_refused(refused) from refused
    except (OSError, http.client.HTTPException) as failure:
        log.info("provider_unreachable", kind=kind.name, failure=type(failure).__name__)
        said = f"Nothing answered at {base_url} ({_named(failure)})."
        raise ProviderUnreachable(said, fields={"base_url": [said]}) from failure
    if status in _REFUSED or _REFUSED_BY_GOOGLE in body:
        said = f"{kind.words} refused this key (status {status})."
        raise ProviderKeyRefused(said, fields={"secret": [said]})
    if status not in _SUCCESS:
        return Trial(ProviderCredential.State.UNTESTED, f"Not tested: {kind.words} answered with status {status}.")
    return Trial(ProviderCredential.State.WORKING, "", _models(body))


def address_check(base_url: str) -> str:
    """The base URL without a slash at its end, since paths are appended to it. Raises ProviderAddressRefused."""
    tidied = base_url.strip().rstrip("/")
    try:
        parts = checked_url(tidied)
        if parts.query:
            raise OutboundRefused("The address must not have a query.")
    except OutboundRefused as refused:
        raise _address_refused(refused) from refused
    return tidied


def _address_refused(refused: OutboundRefused) -> ProviderAddressRefused:
    return ProviderAddressRefused(str(refused), fields={"base_url": [str(refused)]})


def _named(failure: Exception) -> str:
    """In words, for none of which the answer's content is used: it may repeat the key."""
    if isinstance(failure, TimeoutError):
        return "it took too long"
    if isinstance(failure, ConnectionRefusedError):
        return "the connection was refused"
    return type(failure).__name__


def _models(body: bytes) -> tuple[str, ...]:
    """The names in OpenAI's, Anthropic's or Google's list of models; none in anything else."""
    try:
        value: Any = json.loads(body)
    except (ValueError, RecursionError):
        return ()
    listed = (value.get("data") or value.get("models") or []) if isinstance(value, dict) else []
    entries = [each for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []
    names = [each.get("id") or each.get("name") for each in entries[:MODELS_LISTED]]
    return tuple(name.removeprefix("models/")[:190] for name in names if isinstance(name, str))
