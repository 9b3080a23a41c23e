"""What is known from breaches is refused, however it is dressed up; what nobody would guess is not."""

import pytest
from django.core.exceptions import ValidationError

from accounts.models import User
from accounts.passwords import GuessablePasswordValidator

ALICE = User(email="alice.liddell@wonder.example", name="Alice Liddell")


def refuses(password: str) -> bool:
    try:
        GuessablePasswordValidator().validate(password, ALICE)
    except ValidationError:
        return True
    return False


@pytest.mark.parametrize(
    "password",
    [
        "password12",
        "p@ssw0rd2024",
        "drowssap123",
        "qwertyuiop",
        "1qaz2wsx3edc",
        "abcdefghij",
        "aaaaaaaaaaaa",
        "liverpool1",
        "iloveyou2025",
        "liddell2024",
        "wonderalice",
        "opencode123",
        "19870612199",
    ],
)
def test_known_and_easily_made_passwords_are_refused(password: str) -> None:
    assert refuses(password)


@pytest.mark.parametrize(
    "password",
    [
        "correct horse battery staple",
        "a long pass phrase 9",
        "tr0mbone-Jellyfish-11",
        "kv9#mQz27!pl",
        "x" * 3 + "Gw81-" * 30,
    ],
)
def test_others_are_taken(password: str) -> None:
    assert not refuses(password)


def test_very_long_password_costs_no_more_than_its_beginning() -> None:
    assert not refuses("Thirty-two llamas jumped over it " * 30)
