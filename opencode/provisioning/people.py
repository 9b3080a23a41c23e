"""People: an account each, without a password until its reader sets one by the link that is shown once."""

from django.db.models import Q

from accounts.models import User
from accounts.ports import person_welcome
from accounts.services.newcomers import password_link, vouched_person_create
from opencode.provisioning.errors import ProvisionDiffers, at
from opencode.provisioning.fields import Person
from opencode.provisioning.outcome import CREATED, PASSWORD_LINK, Outcome, Secret
from opencode.provisioning.reading import unknown


def people_apply(people: list[Person], outcome: Outcome) -> list[User]:
    """Make those whom the console does not have; returns them. Somebody who is there keeps name and rights."""
    made = []
    for number, person in enumerate(people):
        path = f"people[{number}]"
        with at(path):
            user = known_person(person.email)
            if user is None:
                made.append(_create(path, person, outcome))
            elif person.superuser and not user.is_superuser:
                said = f"{person.email} is here without these rights; an owner of the console can give them."
                raise ProvisionDiffers(said, fields={"superuser": [said]})
    return made


def people_welcome(made: list[User]) -> None:
    """Give each who belongs to no workspace the one that everybody starts with."""
    for user in made:
        person_welcome(user.pk)


def person_named(path: str, email: str) -> User:
    """The person with this address. Raises ProvisionFailed at this path when there is none."""
    user = known_person(email)
    return (
        user if user is not None else unknown(path, f"Nobody here has the address {email}: declare them in `people`.")
    )


def known_person(email: str) -> User | None:
    """The person whose address this is, confirmed or vouched for; not one who only began to sign up with it."""
    is_known = Q(emailaddress__verified=True) | Q(is_superuser=True)
    return User.objects.filter(is_known, email=email).first()


def _create(path: str, person: Person, outcome: Outcome) -> User:
    user = vouched_person_create(email=person.email, name=person.name, is_superuser=person.superuser)
    outcome.note(path, CREATED, user.email)
    outcome.secrets.append(Secret(PASSWORD_LINK, user.email, password_link(user)))
    return user
