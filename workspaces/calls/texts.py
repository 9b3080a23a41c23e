"""Values that several request bodies take, checked by the rules of the pages' forms."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Final, Literal

from django.core.exceptions import ValidationError
from django.forms import EmailField
from ninja import Schema
from pydantic import AfterValidator, AwareDatetime, ConfigDict, Field

from opencode.lib.clock import utc_now
from opencode.lib.textfields import NameField
from workspaces.errors import SlugInvalid
from workspaces.services.configurations import NOTE_CHARACTERS
from workspaces.services.workspaces import NAME_CHARACTERS
from workspaces.slugs import MAX_CHARACTERS, is_valid_slug

LONGEST_LIFE_DAYS: Final = 3650


class Body(Schema):
    """A request's body; an unknown field is refused, not ignored."""

    model_config = ConfigDict(extra="forbid")


def visible_line(text: str) -> str:
    """The text as one visible line; ValueError, in the words of the pages' forms, when it is none."""
    try:
        return NameField(max_length=NAME_CHARACTERS).clean(text)
    except ValidationError as error:
        raise ValueError(" ".join(error.messages)) from error


def note_line(text: str) -> str:
    """A note of one visible line, or empty; ValueError, in the words of the pages' forms, when it is neither."""
    try:
        return NameField(max_length=NOTE_CHARACTERS, required=False).clean(text)
    except ValidationError as error:
        raise ValueError(" ".join(error.messages)) from error


def mail_address(text: str) -> str:
    try:
        return str(EmailField(max_length=254).clean(text))
    except ValidationError as error:
        raise ValueError(" ".join(error.messages)) from error


def slug(text: str) -> str:
    if not is_valid_slug(text):
        raise ValueError(SlugInvalid.default_message)
    return text


def in_utc(moment: datetime) -> datetime:
    """The moment in UTC; ValueError when UTC takes it out of the years 1 to 9999."""
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("Choose a time between the years 1 and 9999, in UTC.") from error


def future(moment: datetime) -> datetime:
    now = utc_now()
    if not now < moment <= now + timedelta(days=LONGEST_LIFE_DAYS):
        raise ValueError("Choose a time in the future, ten years from now at most.")
    return moment


Name = Annotated[str, AfterValidator(visible_line), Field(min_length=1, max_length=NAME_CHARACTERS)]
Note = Annotated[str, AfterValidator(note_line), Field(max_length=NOTE_CHARACTERS)]
Slug = Annotated[str, AfterValidator(slug), Field(max_length=MAX_CHARACTERS)]
MailAddress = Annotated[str, AfterValidator(mail_address), Field(max_length=254)]
RoleName = Literal["owner", "admin", "member"]
Moment = Annotated[AwareDatetime, AfterValidator(in_utc)]
ExpiresAt = Annotated[Moment, AfterValidator(future)]
