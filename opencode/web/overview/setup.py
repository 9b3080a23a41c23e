"""What is left to set up, as a list that is gone once all of it is done."""

from dataclasses import dataclass
from typing import Final

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.db.models import Exists
from django.urls import reverse

from sync.models import Session
from workspaces.access import WorkspaceAccess
from workspaces.models import ConfigVersion, Invitation, Membership, Workspace

_MAIL: Final = "/docs/operations#settings"


@dataclass(frozen=True, slots=True)
class Step:
    """`why` says what it is good for; `url` is where it is done."""

    label: str
    why: str
    url: str
    is_done: bool


@dataclass(frozen=True, slots=True)
class Setup:
    steps: tuple[Step, ...]

    @property
    def done(self) -> int:
        return sum(step.is_done for step in self.steps)


def setup_steps(access: WorkspaceAccess) -> Setup | None:
    """The steps of this person's role; None when every one is done. One read."""
    slug = access.workspace.slug
    done = _done(access)
    steps = [
        Step(
            "Protect your account", "A second factor; answering agents needs it", reverse("mfa_index"), done["factor"]
        ),
        Step(
            "Connect an agent",
            "Its sessions show up here as it works",
            reverse("gateway:connect", args=[slug]),
            done["agent"],
        ),
    ]
    if access.can("workspace.delete"):
        why = "Without it, invitations and alerts are only in the log"
        steps.append(Step("Set up mail", why, _MAIL, settings.MAIL_IS_QUEUED))
    if access.can("member.manage"):
        why = "They see the sessions and get keys of their own"
        steps.append(Step("Invite people", why, reverse("workspaces:invite", args=[slug]), done["people"]))
    if access.can("config.edit"):
        why = "Models and permissions that every signed-in agent loads"
        url = reverse("workspaces:configuration", args=[slug])
        steps.append(Step("Configure the agents", why, url, done["config"]))
    return None if all(step.is_done for step in steps) else Setup(tuple(steps))


def _done(access: WorkspaceAccess) -> dict[str, bool]:
    here = {"workspace": access.workspace.pk}
    factors = Authenticator.objects.filter(user=access.user.pk).exclude(type=Authenticator.Type.RECOVERY_CODES)
    columns = (
        Exists(factors),
        Exists(Session.objects.filter(**here)),
        Exists(Membership.objects.filter(**here).exclude(user=access.user)),
        Exists(Invitation.objects.filter(**here)),
        Exists(ConfigVersion.objects.filter(**here)),
    )
    factor, agent, others, invited, configured = (
        Workspace.objects.filter(pk=access.workspace.pk).values_list(*columns).get()
    )
    return {"factor": bool(factor), "agent": bool(agent), "people": bool(others or invited), "config": bool(configured)}
