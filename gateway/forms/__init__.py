"""Forms of models and providers, and how a service's refusal shows beside its field."""

from django import forms

from opencode.lib.errors import Denial


def refusal_show(form: forms.Form, refusal: Denial) -> None:
    """Put the refusal beside the fields it names, or above the form."""
    fields = refusal.extra.get("fields")
    named = {name: said for name, said in fields.items() if name in form.fields} if isinstance(fields, dict) else {}
    for name, said in named.items():
        form.add_error(name, said)
    if not named:
        form.add_error(None, refusal.message)
