"""The user table keeps one account an address."""

import pytest
from allauth.account.models import EmailAddress
from django.db import IntegrityError

from accounts.models import User
from tests.cast import PASSWORD

pytestmark = pytest.mark.django_db


def test_address_is_stored_and_found_folded() -> None:
    user = User.objects.create_user("Foo@X.com", PASSWORD)
    assert user.email == "foo@x.com"
    assert User.objects.get(email="FOO@x.com") == user
    assert User.objects.get_by_natural_key("fOO@x.com") == user


@pytest.mark.parametrize("other", ["foo@x.com", "FOO@X.COM", " foo@x.com "])
def test_second_account_of_an_address_is_refused_by_the_database(other: str) -> None:
    User.objects.create_user("Foo@X.com", PASSWORD)
    with pytest.raises(IntegrityError):
        User(email=other).save()


def test_bulk_writes_fold_too() -> None:
    User.objects.create_user("foo@x.com", PASSWORD)
    User.objects.update(email="Bar@X.com")
    assert User.objects.get().email == "bar@x.com"


def test_operators_superuser_counts_as_verified() -> None:
    user = User.objects.create_superuser("root@example.com", PASSWORD)
    assert EmailAddress.objects.get(user=user).verified


def test_person_without_a_name_is_called_by_their_address() -> None:
    assert User(email="foo@x.com").display_name == "foo"
