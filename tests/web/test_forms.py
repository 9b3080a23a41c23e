"""Every form names its fields, says what is wrong beside them, and keeps what was typed."""

from typing import ClassVar

from django import forms
from django.test import Client
from django.urls import reverse

from tests.cast import BROWSER


class Sample(forms.Form):
    name = forms.CharField(help_text="Where it is kept.", max_length=5)
    note = forms.CharField(required=False)
    agreed = forms.BooleanField(label="I <agree>")
    colours = forms.MultipleChoiceField(choices=[("r", "red")], widget=forms.CheckboxSelectMultiple)
    hidden = forms.CharField(widget=forms.HiddenInput, initial="h")

    use_required_attribute: ClassVar[bool] = False


def test_error_stands_beside_its_field_and_is_announced_with_it() -> None:
    html = str(Sample({"name": "too long for it", "agreed": "on", "colours": ["r"], "hidden": "h"}))
    assert 'aria-invalid="true"' in html
    assert 'aria-describedby="id_name_helptext id_name_error"' in html
    assert '<ul class="errorlist" id="id_name_error">' in html
    assert 'value="too long for it"' in html
    assert html.count("errorlist") == 1


def test_label_belongs_to_its_field() -> None:
    html = str(Sample())
    assert '<label for="id_name">Name</label>' in html
    assert '<div class="field-help" id="id_name_helptext">Where it is kept.</div>' in html
    assert '<label for="id_agreed">I &lt;agree&gt;</label>' in html
    assert "<legend>Colours</legend>" in html
    assert html.count("optional</span>") == 1


def test_hidden_field_is_there_without_a_label() -> None:
    html = str(Sample())
    assert '<input type="hidden" name="hidden" value="h" id="id_hidden">' in html
    assert "Hidden</label>" not in html


def test_failed_sign_in_keeps_the_address_and_forgets_the_password(db: None) -> None:
    page = Client(headers=BROWSER).post(
        reverse("account_login"), {"login": "nobody@example.com", "password": "guess-guess-guess"}
    )
    html = page.content.decode()
    assert 'value="nobody@example.com"' in html
    assert "errorlist nonfield" in html
    assert "guess-guess-guess" not in html
