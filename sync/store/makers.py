"""Who made a session: the person, where one is known, and what their agent showed: a token, a key, a device."""

from dataclasses import dataclass
from typing import Final

from sync.models import Session

KINDS: Final = {"tok": "share token", "key": "API key", "dev": "signed-in agent"}
"""What a credential is, by the beginning of its id."""
UNKNOWN: Final = "unknown"


@dataclass(frozen=True, slots=True)
class SessionMaker:
    """`person` is empty for an agent that nobody in particular stands behind; `credential` is the name it had then."""

    person: str
    email: str
    credential_id: str
    credential: str

    @property
    def kind(self) -> str:
        """`share token`, `API key`, `signed-in agent`, or empty when it is not known."""
        return KINDS.get(self.credential_id.partition("_")[0], "")

    @property
    def name(self) -> str:
        """The first of the two names that is known; never empty."""
        return self.person or self.credential or self.kind or UNKNOWN


def maker_of(session: Session) -> SessionMaker:
    """Of a session whose `created_by` is at hand."""
    person = session.created_by
    name, email = (person.display_name, person.email) if person is not None else ("", "")
    return SessionMaker(name, email, session.made_with_id, session.made_with_name)


def makers_forget(user_id: str) -> None:
    """A person was erased: what they called their agents and keys goes from the sessions they made."""
    Session.objects.filter(created_by_id=user_id).exclude(made_with_name="").update(made_with_name="")
