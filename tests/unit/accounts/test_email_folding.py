"""The form addresses are stored and compared in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import FoldedEmailField, fold_email


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("Foo@X.com", "foo@x.com"),
        (" foo@x.com\t", "foo@x.com"),
        ("FOO+Tag@X.COM", "foo+tag@x.com"),
        ("STRASSE@x.de", "strasse@x.de"),
    ],
)
def test_case_and_space_do_not_count(typed: str, stored: str) -> None:
    assert fold_email(typed) == stored


def test_two_mailboxes_stay_two() -> None:
    assert fold_email("straße@x.de") != fold_email("strasse@x.de")


@given(st.text())
def test_folding_twice_changes_nothing(text: str) -> None:
    assert fold_email(fold_email(text)) == fold_email(text)


def test_field_folds_look_ups_and_input() -> None:
    field = FoldedEmailField()
    assert field.get_prep_value("Foo@X.com") == "foo@x.com"
    assert field.to_python("Foo@X.com") == "foo@x.com"
    assert field.get_prep_value(None) is None
