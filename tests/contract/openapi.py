"""The JSON API's description as the code has it, and as it is kept; `python -m tests.contract.openapi` keeps it."""

import json
import os
from pathlib import Path
from typing import Any

KEPT = Path(__file__).parent / "data" / "openapi_v1.json"


def described() -> dict[str, Any]:
    from opencode.web.jsonapi import api

    value: dict[str, Any] = json.loads(json.dumps(api.get_openapi_schema()))
    return value


def written(schema: dict[str, Any]) -> str:
    return json.dumps(schema, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "opencode.settings.test")
    django.setup()
    KEPT.write_text(written(described()))
