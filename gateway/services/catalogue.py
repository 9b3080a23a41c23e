"""Keeps the host's models up to date: those that come with the console, and those of the operator's file."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import structlog
from django.conf import settings
from django.db import transaction

from gateway.models import Model
from gateway.providers import KINDS
from gateway.providers.modellist import ListedModel, ModelList, ModelsInvalid, model_list_read
from gateway.selectors.shelves import HOST
from gateway.signals import models_changed
from opencode.lib.announce import announce

log = structlog.get_logger(__name__)

BUNDLED: Final = Path(__file__).parent.parent / "data" / "models.json"
FILE_BYTES: Final = 4 * 1024 * 1024
# Which rows a list may write: an operator's file goes before what comes with the console, both after people.
_WRITES: Final = {
    Model.Source.IMPORTED: {Model.Source.IMPORTED},
    Model.Source.FILE: {Model.Source.IMPORTED, Model.Source.FILE},
}


@dataclass(frozen=True, slots=True)
class Loaded:
    """Slugs. `left`: rows that people wrote, or a list that goes before; `gone`: no longer in the list."""

    added: tuple[str, ...]
    changed: tuple[str, ...]
    left: tuple[str, ...]
    gone: tuple[str, ...]


def model_list_of_file(path: Path) -> ModelList:
    """The list in a file. Raises ModelsInvalid, which names the file."""
    try:
        with path.open("rb") as file:
            text = file.read(FILE_BYTES + 1)
    except OSError as error:
        raise ModelsInvalid(f"{path}: {error.strerror or 'cannot be read'}") from error
    if len(text) > FILE_BYTES:
        raise ModelsInvalid(f"{path}: is larger than {FILE_BYTES} bytes")
    try:
        return model_list_read(text)
    except ModelsInvalid as error:
        raise ModelsInvalid(f"{path}: {error}") from error


def models_load(*, models: ModelList, source: Model.Source, is_dry: bool = False) -> Loaded:
    """Write the list's models into the host's catalogue.

    Whether one is on remains as it is. One that an operator's file lists no more is deleted; one that is not imported
    any more remains, since workspaces may use it.
    """
    with transaction.atomic():
        present = {row.slug: row for row in Model.objects.select_for_update().filter(workspace_id=HOST)}
        wanted = {model.slug: model for model in models.models}
        loaded = _compared(present, wanted, source)
        if not is_dry:
            _write(present, wanted, loaded, source)
            announce(models_changed, workspace_id=HOST)
    if not is_dry and (loaded.added or loaded.changed):
        log.info("models_loaded", source=models.source, added=len(loaded.added), changed=len(loaded.changed))
    return loaded


def models_prepare() -> int:
    """Load models at a start: the file of `OPENCODE_MODELS`, if any, and the console's own list.

    Returns how many models that added or changed. Raises ModelsInvalid.
    """
    given = settings.MODELS_FILE
    empty = ModelList(format=1, source="no file", made_on="1970-01-01", models=[])
    of_file = models_load(models=model_list_of_file(Path(given)) if given else empty, source=Model.Source.FILE)
    bundled = models_load(models=model_list_of_file(BUNDLED), source=Model.Source.IMPORTED)
    return sum(len(each.added) + len(each.changed) for each in (of_file, bundled))


def _compared(present: dict[str, Model], wanted: dict[str, ListedModel], source: Model.Source) -> Loaded:
    may_write = {slug: slug not in present or present[slug].source in _WRITES[source] for slug in wanted}
    written = {slug: model for slug, model in wanted.items() if may_write[slug]}
    return Loaded(
        added=tuple(slug for slug in written if slug not in present),
        changed=tuple(
            slug for slug, model in written.items() if slug in present and _differs(present[slug], model, source)
        ),
        left=tuple(slug for slug, is_ours in may_write.items() if not is_ours),
        gone=tuple(slug for slug, row in present.items() if row.source == source and slug not in wanted),
    )


def _write(present: dict[str, Model], wanted: dict[str, ListedModel], loaded: Loaded, source: Model.Source) -> None:
    Model.objects.bulk_create(Model(slug=slug, source=source, **_fields(wanted[slug])) for slug in loaded.added)
    for slug in loaded.changed:
        Model.objects.filter(pk=present[slug].pk).update(source=source, **_fields(wanted[slug]))
    if source == Model.Source.FILE:
        Model.objects.filter(workspace_id=HOST, source=source, slug__in=loaded.gone).delete()


def _differs(row: Model, model: ListedModel, source: Model.Source) -> bool:
    return row.source != source or any(getattr(row, name) != value for name, value in _fields(model).items())


def _fields(model: ListedModel) -> dict[str, Any]:
    return {
        "name": model.name,
        "kind": model.kind,
        "upstream_name": model.upstream_name or model.slug,
        "price_name": model.price_name,
        "forms": model.forms or [str(form) for form in KINDS[model.kind].forms],
        "context_window": model.context_window,
        "output_limit": model.output_limit,
        "modalities_in": model.modalities_in,
        "modalities_out": model.modalities_out,
        "reasoning": model.reasoning,
        "tool_call": model.tool_call,
        "temperature": model.temperature,
    }
