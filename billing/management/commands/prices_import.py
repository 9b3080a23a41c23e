"""`manage.py prices_import`: puts a price list in force: that of the installed package genai-prices, or a file.

Exit codes: 0 done, 1 nothing changes, 2 an unusable list or option.
"""

import json
from argparse import ArgumentParser
from datetime import date
from pathlib import Path
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError

from billing.models import PriceVersion
from billing.pricing.comparison import Difference, compared
from billing.pricing.pricelist import PriceList, price_list_written
from billing.pricing.pricereading import PricesInvalid
from billing.pricing.prices import PricedModel
from billing.selectors.prices import price_models_of, price_version_in_force
from billing.services.prices import price_list_of_file, prices_load, prices_prepare
from opencode.lib.clock import utc_now

UNCHANGED, UNUSABLE = 1, 2
LAYER: Final = PriceVersion.Layer.IMPORTED
MISSING: Final = "the package genai-prices is not installed: pip install genai-prices, or give a list with --file"


class Command(BaseCommand):
    help = "Put a newer price list in force, after saying what it changes."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--file", type=Path, help="A list in the form docs/billing.md describes, not the package's")
        parser.add_argument("--provider", action="append", default=[], help="Only this provider's; may be repeated")
        parser.add_argument(
            "--prepare", action="store_true", help="What a start does: the console's list when newer, OPENCODE_PRICES"
        )
        parser.add_argument("--reason", default="", help="Stands with the version, for whoever looks at it later")
        parser.add_argument("--output", type=Path, help="Write the list to this file instead of loading it")
        parser.add_argument("--dry-run", action="store_true", help="Only say what would change")
        parser.add_argument("--json", action="store_true", help="Print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["prepare"]:
            self._prepare(as_json=options["json"])
            return
        try:
            price_list = self._price_list(options)
            difference = compared(_before(options["output"]), price_list.models)
        except PricesInvalid as error:
            raise CommandError(str(error), returncode=UNUSABLE) from error
        if options["output"]:
            _write(options["output"], price_list, is_dry=options["dry_run"])
        elif not options["dry_run"]:
            prices_load(price_list=price_list, layer=LAYER, reason=options["reason"])
        self._report(price_list, difference, options)
        if difference.is_empty:
            raise SystemExit(UNCHANGED)

    def _prepare(self, *, as_json: bool) -> None:
        """Load what a start loads, for deployments that prepare the database themselves; no change is no failure."""
        try:
            loaded = prices_prepare()
        except PricesInvalid as error:
            raise CommandError(str(error), returncode=UNUSABLE) from error
        self.stdout.write(json.dumps({"loaded": loaded}) if as_json else f"{loaded} price lists loaded")

    def _price_list(self, options: dict[str, Any]) -> PriceList:
        if options["file"]:
            if options["provider"]:
                raise CommandError("--provider does not go with --file", returncode=UNUSABLE)
            return price_list_of_file(options["file"])
        return _from_package(utc_now().date(), options["provider"])

    def _report(self, price_list: PriceList, difference: Difference, options: dict[str, Any]) -> None:
        if options["json"]:
            report = {"source": price_list.source, "models": len(price_list.models), "dry_run": options["dry_run"]}
            changes = {"added": difference.added, "removed": difference.removed, "changed": difference.changed}
            self.stdout.write(json.dumps({**report, **changes, "fingerprint": price_list.fingerprint}))
            return
        for sign, lines in (("+", difference.added), ("-", difference.removed), ("~", difference.changed)):
            for line in lines:
                self.stdout.write(f"{sign} {line}")
        counts = f"{len(difference.added)} new, {len(difference.removed)} gone, {len(difference.changed)} changed"
        self.stdout.write(f"{price_list.source}: {len(price_list.models)} models, {counts}")
        if options["dry_run"]:
            self.stdout.write("Nothing was changed")


def _before(output: Path | None) -> tuple[PricedModel, ...]:
    """The models of the list that is being replaced: the one in the file, or the one in force."""
    if output is not None:
        return price_list_of_file(output).models if output.exists() else ()
    version = price_version_in_force(LAYER)
    return price_models_of(version.pk) if version else ()


def _from_package(today: date, wanted: list[str]) -> PriceList:
    """The package is imported here and nowhere else: it is large, and serving does not need it."""
    try:
        from billing.management import genai
    except ImportError as error:
        raise CommandError(MISSING, returncode=UNUSABLE) from error
    unknown = sorted(set(wanted) - set(genai.provider_names()))
    if unknown:
        raise CommandError(f"The package knows no provider {unknown[0]}", returncode=UNUSABLE)
    return genai.price_list_from_package(made_on=today, wanted=wanted or genai.PROVIDERS)


def _write(path: Path, price_list: PriceList, *, is_dry: bool) -> None:
    if is_dry:
        return
    try:
        path.write_text(price_list_written(price_list))
    except OSError as error:
        raise CommandError(f"{path}: {error.strerror}", returncode=UNUSABLE) from error
