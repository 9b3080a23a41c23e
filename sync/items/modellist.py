"""Lists of models: an agent sends one on each user message and all on a full sync, so they are merged by model."""

from collections.abc import Iterable
from typing import Any

from sync.items.redaction import model_without_secrets

Model = dict[str, Any]


def models_cleaned(models: Iterable[Any]) -> list[Model]:
    """The list's models without secrets; anything but objects is left out."""
    return [model_without_secrets(model) for model in models if isinstance(model, dict)]


def models_merged(stored: Iterable[Model], incoming: Iterable[Model], *, incoming_is_newer: bool) -> list[Model]:
    """One model for each provider and id, sorted by them; of two definitions the one in the newer list is kept."""
    older, newer = (stored, incoming) if incoming_is_newer else (incoming, stored)
    merged = {_identity(model): model for models in (older, newer) for model in models}
    return [merged[identity] for identity in sorted(merged)]


def _identity(model: Model) -> tuple[str, str]:
    return str(model.get("providerID", "")), str(model.get("id", ""))
