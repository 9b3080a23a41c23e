"""A workspace whose usage fills the page, printed as JSON: run beside a server."""

import json
import os
import sys
from datetime import date, timedelta

import django

SINCE = date(2026, 9, 28)
DAYS = 40
MODELS = (
    "anthropic/claude-sonnet-5",
    "openai/gpt-5.2-codex",
    "google/gemini-3-pro",
    "a-host-of-its-own/a-model-with-a-name-that-does-not-seem-to-end-at-all-2026-10-31",
    "anthropic/claude-haiku-5",
    "x-ai/grok-5",
    "deepseek/deepseek-v4",
    "mistral/devstral",
    "moonshotai/kimi-k3",
)


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "opencode.settings.embedded")
    django.setup()
    from tests.support.seed import seed

    given = seed()
    fill(given["slug"])
    json.dump(given, sys.stdout)
    sys.stdout.write("\n")


def fill(slug: str) -> None:
    """Six weeks of nine models, more on working days, with a few rows that were left out."""
    from billing.models import BillingAccount, UsageRollup

    account = BillingAccount.objects.get(workspace__slug=slug)
    UsageRollup.objects.bulk_create(
        UsageRollup(
            account=account,
            day=day,
            model=model,
            source=source,
            requests=12 + number,
            quarantined=int(number == 2 and day.day == 5),
            input=100_000,
            output=8_000,
            cost=(37_000_000 * (day.day % 5 + 2) * (9 - number) + 1_234_567) // (6 if day.weekday() > 4 else 1),
        )
        for source in ("metered", "reported")
        for day in (SINCE + timedelta(days=number) for number in range(DAYS))
        for number, model in enumerate(MODELS)
    )


if __name__ == "__main__":
    main()
