"""`manage.py usage_explain FILE`: explains what usage bodies of providers cost, class by class, or their quarantine.

Exit codes: 0 explained, quarantined bodies included, 2 an unusable file.
"""

import json
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError

from billing.pricing.explainfile import explained
from billing.pricing.pricereading import PricesInvalid
from billing.selectors.prices import prices_in_force
from billing.services.jsonfiles import json_file_read
from opencode.lib.clock import utc_now
from opencode.lib.money import format_dollars

UNUSABLE: Final = 2
FILE_BYTES: Final = 256 * 1024 * 1024


class Command(BaseCommand):
    help = "Explain the cost of usage bodies, given as JSON."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help='JSON: {"vectors": [{"id", "format", "usage", "prices", …}]}')
        parser.add_argument("--json", action="store_true", help="Print one JSON list")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            value = json_file_read(options["file"], at_most=FILE_BYTES)
            items = explained(value, prices_in_force, utc_now())
        except PricesInvalid as error:
            raise CommandError(str(error), returncode=UNUSABLE) from error
        if options["json"]:
            self.stdout.write(json.dumps(items))
            return
        for item in items:
            for line in _lines(item):
                self.stdout.write(line)


def _lines(item: dict[str, Any]) -> Iterator[str]:
    if "quarantined" in item:
        yield f"{item['id']}: quarantined, {item['quarantined']} ({item['detail']})"
        return
    for row in item["rows"]:
        model = row["model"] or "the model that was asked"
        if row["micro_cents"] is None:
            yield f"{item['id']}, {model}: no price"
            yield from (f"  {name:>15} {count:>12,}" for name, count in row["tokens"].items() if count)
            continue
        yield f"{item['id']}, {model}: {format_dollars(row['micro_cents'])} = {row['micro_cents']:,} micro-cents"
        for part in row["parts"]:
            yield f"  {part['name']:>15} {part['count']:>12,} × {part['price']:>15,} = {part['micro_cents']:>15,}"
