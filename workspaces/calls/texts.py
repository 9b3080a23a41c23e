"""Kinds of values that several schemas take."""

from datetime import datetime, timedelta
from typing import Annotated, Final

from django.core.exceptions import ValidationError
from pydantic import AfterValidator, AwareDatetime, Field

from opencode.lib.clock import utc_now
from workspaces.forms import NameField
from workspaces.services.workspaces import NAME_CHARACTERS

LONGEST_LIFE_DAYS: Final = 3650


def visible_line(text: str) -> str:
    """The rule of the pages' fields, and their words."""
    try:
        return NameField(max_length=NAME_CHARACTERS).clean(text)
    except ValidationError as error:
        raise ValueError(" ".join(error.messages)) from error


def future(moment: datetime) -> datetime:
    now = utc_now()
    if not now < moment <= now + timedelta(days=LONGEST_LIFE_DAYS):
        raise ValueError("Choose a time in the future, ten years from now at most.")
    return moment


Name = Annotated[str, AfterValidator(visible_line), Field(min_length=1, max_length=NAME_CHARACTERS)]
ExpiresAt = Annotated[AwareDatetime, AfterValidator(future)]
