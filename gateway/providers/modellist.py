"""Lists of models as JSON: the console's own, and operators'. Pure; a fault names its place."""

from typing import Annotated, Final

import msgspec

from gateway.providers.kinds import KINDS

FORMAT: Final = 1
MODELS_MAX: Final = 2000
SLUG: Final = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$"
Slug = Annotated[str, msgspec.Meta(pattern=SLUG)]
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=120)]
LongName = Annotated[str, msgspec.Meta(min_length=1, max_length=190)]
Tokens = Annotated[int, msgspec.Meta(ge=1, le=100_000_000)]
Modalities = Annotated[
    list[Annotated[str, msgspec.Meta(pattern="^(text|image|audio|video|pdf)$")]], msgspec.Meta(min_length=1)
]


class ModelsInvalid(ValueError):
    """A list that may not be loaded; the message says where and why."""


class ListedModel(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A model as a list has it. `price_name` is `provider/model` in the price lists; limits are tokens.

    `forms` empty: those of the kind; `upstream_name` empty: the slug.
    """

    slug: Slug
    name: Name
    kind: str
    price_name: LongName
    context_window: Tokens
    output_limit: Tokens
    upstream_name: Annotated[str, msgspec.Meta(max_length=190)] = ""
    forms: list[str] = msgspec.field(default_factory=list)
    modalities_in: Modalities = msgspec.field(default_factory=lambda: ["text"])
    modalities_out: Modalities = msgspec.field(default_factory=lambda: ["text"])
    reasoning: bool = False
    tool_call: bool = True
    temperature: bool = True


class ModelList(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`made_on` is a day such as `2026-11-29`."""

    format: int
    source: Name
    made_on: Annotated[str, msgspec.Meta(pattern=r"^\d{4}-\d{2}-\d{2}$")]
    licence: str = ""
    models: Annotated[list[ListedModel], msgspec.Meta(max_length=MODELS_MAX)]


def model_list_read(text: bytes) -> ModelList:
    """Raises ModelsInvalid."""
    try:
        found = msgspec.json.decode(text, type=ModelList)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        raise ModelsInvalid(str(error)) from error
    if found.format != FORMAT:
        raise ModelsInvalid(f"the format is {found.format}, not {FORMAT}")
    slugs: set[str] = set()
    for model in found.models:
        _check(model, slugs)
        slugs.add(model.slug)
    return found


def model_list_written(models: ModelList) -> str:
    """The list as JSON, a model a line."""
    head = msgspec.to_builtins(models)
    lines = [_json(model) for model in head.pop("models")]
    fields = [f" {_json(name)}: {_json(value)},\n" for name, value in head.items()]
    return "{\n" + "".join(fields) + ' "models": [\n' + ",\n".join(lines) + "\n ]\n}\n"


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _check(model: ListedModel, slugs: set[str]) -> None:
    if model.slug in slugs:
        raise ModelsInvalid(f"{model.slug}: is there twice")
    if model.kind not in KINDS or KINDS[model.kind].has_own_address:
        raise ModelsInvalid(f"{model.slug}: there is no such kind of provider: {model.kind}")
    strange = [form for form in model.forms if form not in KINDS[model.kind].forms]
    if strange:
        raise ModelsInvalid(f"{model.slug}: {model.kind} is not called in the form {strange[0]}")
    if model.output_limit > model.context_window:
        raise ModelsInvalid(f"{model.slug}: writes more than its context holds")
