"""What a provisioning file can declare: its objects and their fields. Amounts of money are dollars in the file."""

from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any, Final, Literal

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from msgspec import UNSET, Meta, Struct, UnsetType

from accounts.models import fold_email
from opencode.lib.money import MICRO_CENTS_PER_DOLLAR
from opencode.lib.textlines import is_visible, one_line
from workspaces.roles import OFFERED_SCOPES
from workspaces.slugs import is_valid_slug

MOST_DOLLARS: Final = 1_000_000
MOST_TOKENS: Final = 100_000_000
DECIMALS: Final = 8
Tokens = Annotated[int, Meta(ge=1, le=MOST_TOKENS)]
Text = Annotated[str, Meta(max_length=500)]
Modality = Literal["text", "image", "pdf", "audio", "video"]
RoleName = Literal["owner", "admin", "member"]


class Name(str):
    """One line of visible text, at most 80 characters."""

    __slots__ = ()


class Email(str):
    """An address, folded as accounts store it."""

    __slots__ = ()


class Slug(str):
    """A workspace's name in addresses."""

    __slots__ = ()


class Scope(str):
    """A scope of API keys."""

    __slots__ = ()


class Dollars(int):
    """Micro-cents, of dollars that the file has as a whole number or as text such as "0.50"."""

    __slots__ = ()


class Declared(Struct, kw_only=True, forbid_unknown_fields=True):
    """An object of the file."""


class Person(Declared):
    """`superuser` is the console's owner. Name and rights are what a new person begins with."""

    email: Email
    name: Annotated[str, Meta(max_length=120)] = ""
    superuser: bool = False


class Provider(Declared):
    """A provider's key, by its name. Without a `base_url` it is at its kind's own address."""

    name: Name
    kind: str
    secret_variable: Text = ""
    base_url: Text = ""
    headers: dict[str, str] = {}
    concurrency: Annotated[int, Meta(ge=1, le=10_000)] | None = None
    on: bool = True
    tried: bool = True


class HostModel(Declared):
    """Whether one of the host's models is offered to workspaces."""

    slug: Text
    on: bool


class Member(Declared):
    """`monthly_limit` left out: as it is; null: none."""

    email: Email
    role: RoleName
    monthly_limit: Dollars | UnsetType | None = UNSET


class ServiceKey(Declared):
    """A key that belongs to no person, by its name."""

    name: Name
    scopes: Annotated[list[Scope], Meta(min_length=1)]
    monthly_limit: Dollars | UnsetType | None = UNSET


class WorkspaceModel(Declared):
    """A model on one of the workspace's own provider keys, named by `provider`."""

    slug: Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")]
    name: Annotated[str, Meta(min_length=1, max_length=120)]
    provider: Name
    upstream_name: Annotated[str, Meta(min_length=1, max_length=190)]
    price_name: Annotated[str, Meta(min_length=1, max_length=190)]
    context_window: Tokens
    output_limit: Tokens
    modalities_in: tuple[Modality, ...] = ("text",)
    reasoning: bool = False
    tool_call: bool = True


class Policy(Declared):
    """The whole of what the workspace decides about a model, named by slug; `keys` and `providers` are names too."""

    model: Text
    on: bool = True
    roles: list[RoleName] = []
    keys: list[Name] = []
    providers: list[Name] = []
    output_cap: Tokens | None = None
    call_ceiling: Dollars | None = None


class Settings(Declared):
    """The whole of the workspace's choices for all models; an empty slug: agents choose."""

    default_model: Text = ""
    small_model: Text = ""
    exclusive: bool = True
    lowers_cap: bool = True


class Workspace(Declared):
    """A workspace, by its slug. What is left out stays as it is."""

    slug: Slug
    name: Name
    members: list[Member] = []
    service_keys: list[ServiceKey] = []
    providers: list[Provider] = []
    models: list[WorkspaceModel] = []
    policies: list[Policy] = []
    model_settings: Settings | None = None
    monthly_budget: Dollars | UnsetType | None = UNSET


class Provision(Declared):
    """The file. `providers` and `models` are the host's."""

    format: Literal[1]
    people: list[Person] = []
    providers: list[Provider] = []
    models: list[HostModel] = []
    workspaces: list[Workspace] = []


def value_of(kind: type, given: Any) -> Any:
    """A value of one of the kinds above. Raises ValueError, in words for whoever wrote the file."""
    if kind is Dollars:
        return Dollars(_micro_cents(given))
    if not isinstance(given, str):
        raise ValueError("Expected text")
    readers: Mapping[type, Callable[[str], str]] = {Name: _name, Email: _email, Slug: _slug, Scope: _scope}
    return readers[kind](given)


def _micro_cents(given: Any) -> int:
    said = ValueError('Expected dollars: a whole number, or text such as "0.50"')
    if isinstance(given, bool) or not isinstance(given, int | str):
        raise said
    try:
        dollars = Decimal(given)
    except InvalidOperation as error:
        raise said from error
    if not dollars.is_finite() or not 0 <= dollars <= MOST_DOLLARS or dollars != round(dollars, DECIMALS):
        raise said
    return int(dollars * MICRO_CENTS_PER_DOLLAR)


def _name(given: str) -> Name:
    text = one_line(given)
    if not is_visible(text) or not 0 < len(text) <= 80:
        raise ValueError("Expected a name of 1 to 80 visible characters")
    return Name(text)


def _email(given: str) -> Email:
    try:
        validate_email(given)
    except ValidationError as error:
        raise ValueError("Expected an e-mail address") from error
    return Email(fold_email(given))


def _slug(given: str) -> Slug:
    if not is_valid_slug(given):
        raise ValueError("Expected 2 to 40 lower-case letters, digits and single hyphens, and no reserved word")
    return Slug(given)


def _scope(given: str) -> Scope:
    if given not in OFFERED_SCOPES:
        raise ValueError(f"Expected one of {', '.join(OFFERED_SCOPES)}")
    return Scope(given)
