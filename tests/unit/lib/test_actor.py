"""Who acts, and on whose behalf."""

import pytest

from opencode.lib.actor import DEVICE, KEY, PERSON, STAFF, THE_CONSOLE, Actor

ALICE = "usr_alice"
LAPTOP = Actor(DEVICE, "dev_1", owner_id=ALICE)


@pytest.mark.parametrize(
    ("actor", "person_id"),
    [
        (Actor(PERSON, ALICE), ALICE),
        (LAPTOP, ALICE),
        (Actor(KEY, "key_1", owner_id=ALICE), ALICE),
        (Actor(KEY, "key_2"), None),
        (Actor(STAFF, "usr_staff", reason="abuse"), None),
        (THE_CONSOLE, None),
    ],
)
def test_what_an_actor_makes_belongs_to_the_person_in_it(actor: Actor, person_id: str | None) -> None:
    assert actor.person_id == person_id


def test_only_a_device_acts_as_a_device() -> None:
    assert LAPTOP.device_id == "dev_1"
    others = [Actor(PERSON, ALICE), Actor(KEY, "key_1", owner_id=ALICE), THE_CONSOLE]
    assert [actor.device_id for actor in others] == ["", "", ""]
