"""Loads price lists: each as a new version, whole or not at all, and none when nothing changes."""

from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Final

import structlog
from django.conf import settings
from django.db import IntegrityError, transaction

from billing.models import PriceEntry, PriceVersion
from billing.pricing.context import spelled
from billing.pricing.pricelist import PriceList, price_list_of, price_list_read, terms_written
from billing.pricing.pricereading import PricesInvalid
from billing.pricing.prices import PricedModel
from billing.selectors.prices import price_models_of, price_version_in_force
from billing.services.jsonfiles import json_file_read
from opencode.lib.actor import Actor
from opencode.lib.clock import utc_now

log = structlog.get_logger(__name__)

BUNDLED: Final = Path(__file__).parent.parent / "data" / "prices.json"
FILE_BYTES: Final = 32 * 1024 * 1024
_ATTEMPTS: Final = 5
_NO_PRICES: Final = PriceList(source="no file", made_on=date(1970, 1, 1), models=())


def price_list_of_file(path: Path) -> PriceList:
    """The price list in a file. Raises PricesInvalid, which names the file, when it is unreadable or not valid."""
    value = json_file_read(path, at_most=FILE_BYTES)
    try:
        return price_list_read(value)
    except PricesInvalid as error:
        raise PricesInvalid(str(path), str(error)) from error


def prices_load(*, price_list: PriceList, layer: str, reason: str = "", loaded_by: str = "") -> PriceVersion | None:
    """Put a list in force as the layer's next version; None when the one in force has the same content.

    Processes that load at the same moment are serialised by the version's number.
    """
    fingerprint = price_list.fingerprint
    for attempt in range(_ATTEMPTS):
        before = price_version_in_force(layer)
        if fingerprint == (before.fingerprint if before else _NO_PRICES.fingerprint):
            return None
        try:
            with transaction.atomic():
                version = _version_create(price_list, layer, before, fingerprint, reason, loaded_by)
        except IntegrityError:
            if attempt == _ATTEMPTS - 1:
                raise
            continue
        log.info("prices_loaded", layer=layer, version=version.pk, source=version.source, models=version.models_count)
        return version
    raise AssertionError("unreachable")


def override_list(models: Iterable[PricedModel], withdrawn: Iterable[str]) -> PriceList:
    """The admin's list in force, with these models' prices added or replaced and without those withdrawn.

    `withdrawn` names models as `provider/model`; raises PricesInvalid for one that is not overridden.
    """
    before = price_version_in_force(PriceVersion.Layer.ADMIN)
    kept = {f"{model.provider}/{model.model}": model for model in (price_models_of(before.pk) if before else ())}
    for name in withdrawn:
        if kept.pop(name, None) is None:
            raise PricesInvalid(name, "is not overridden")
    kept |= {f"{model.provider}/{model.model}": model for model in models}
    return price_list_of("admin", utc_now().date(), kept.values())


def prices_override(*, price_list: PriceList, staff: Actor) -> PriceVersion | None:
    """Put a list made by `override_list` in force; None when that changes nothing."""
    return prices_load(price_list=price_list, layer=PriceVersion.Layer.ADMIN, reason=staff.reason, loaded_by=staff.id)


def prices_prepare() -> int:
    """Load prices at a start: the console's own list, when it is newer than the one in force, and the file of
    `OPENCODE_PRICES`, or an empty list without one. Returns how many versions were loaded. Raises PricesInvalid.
    """
    loaded = [_bundled_load(), _file_load()]
    return sum(version is not None for version in loaded)


def _bundled_load() -> PriceVersion | None:
    before = price_version_in_force(PriceVersion.Layer.IMPORTED)
    bundled = price_list_of_file(BUNDLED)
    if before is not None and before.made_on >= bundled.made_on:
        return None
    return prices_load(price_list=bundled, layer=PriceVersion.Layer.IMPORTED, reason="comes with the console")


def _file_load() -> PriceVersion | None:
    given = price_list_of_file(Path(settings.PRICES_FILE)) if settings.PRICES_FILE else _NO_PRICES
    return prices_load(price_list=given, layer=PriceVersion.Layer.FILE, reason="OPENCODE_PRICES")


def _version_create(
    price_list: PriceList, layer: str, before: PriceVersion | None, fingerprint: str, reason: str, loaded_by: str
) -> PriceVersion:
    version = PriceVersion.objects.create(
        layer=layer,
        number=before.number + 1 if before else 1,
        source=price_list.source,
        made_on=price_list.made_on,
        licence=price_list.licence,
        fingerprint=fingerprint,
        models_count=len(price_list.models),
        reason=reason[:200],
        loaded_by=loaded_by,
    )
    PriceEntry.objects.bulk_create(_entries(version, price_list), batch_size=500)
    return version


def _entries(version: PriceVersion, price_list: PriceList) -> list[PriceEntry]:
    return [
        PriceEntry(
            version=version,
            provider=model.provider,
            model=model.model,
            context=spelled(terms.context),
            since=terms.since,
            names=list(model.names),
            prefixes=list(model.prefixes),
            context_window=model.context_window,
            terms=terms_written(terms),
        )
        for model in price_list.models
        for terms in model.terms
    ]
