"""A mixin that gives allauth's forms the console's wording."""

from typing import Any, Final

from django import forms

LABELS: Final = {
    "login": "E-mail",
    "email": "E-mail",
    "oldpassword": "Current password",
    "code": "Code",
    "name": "Name",
    "password2": "New password again",
}
GOOD_CHOICE_HELP: Final = "At least ten characters; nothing common, and nothing like your address."


class InOurWords:
    """Labels as in the rest of the console, no placeholders that repeat them, the password rules in one line."""

    fields: dict[str, forms.Field]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.widget.attrs.pop("placeholder", None)
            field.label = LABELS.get(name, field.label)
            if name == "password1":
                field.label = str(field.label).capitalize()
                field.help_text = GOOD_CHOICE_HELP
