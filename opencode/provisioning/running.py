"""One run over a file: all of it in one transaction, by the services that pages use, as the console's operator."""

from dataclasses import replace
from pathlib import Path
from typing import Final

import structlog
from django.db import transaction

from opencode.lib.actor import THE_CONSOLE
from opencode.provisioning.fields import Provision
from opencode.provisioning.keys import keys_apply
from opencode.provisioning.models import host_models_apply, own_models_apply, policies_apply, settings_apply
from opencode.provisioning.outcome import Outcome
from opencode.provisioning.people import people_apply, people_welcome
from opencode.provisioning.places import Place, budget_apply, members_apply, place_of, places_lock
from opencode.provisioning.providers import Trials, providers_apply, providers_try
from opencode.provisioning.reading import provision_read

log = structlog.get_logger(__name__)
OPERATOR: Final = replace(THE_CONSOLE, reason="provisioning file")


def provision_file(path: Path, *, is_dry: bool = False) -> Outcome:
    """Make the console what the file says; what the file does not name stays as it is. All or nothing.

    A dry run does the same and takes it back, but for calls that try providers' keys. Raises ProvisionFailed.
    """
    declared = provision_read(path)
    trials = providers_try(declared)
    outcome = Outcome(is_dry=is_dry)
    with transaction.atomic():
        _apply(declared, trials, outcome)
        transaction.set_rollback(is_dry)
    if outcome.changes and not is_dry:
        log.info("console_provisioned", changes=len(outcome.changes), secrets=len(outcome.secrets))
    return outcome


def _apply(declared: Provision, trials: Trials, outcome: Outcome) -> None:
    places_lock([workspace.slug for workspace in declared.workspaces])
    made = people_apply(declared.people, outcome)
    providers_apply("", "", declared.providers, trials, OPERATOR, outcome)
    host_models_apply(declared.models, outcome)
    for number, workspace in enumerate(declared.workspaces):
        place = place_of(f"workspaces[{number}]", workspace, OPERATOR, outcome)
        _furnish(place, trials)
    people_welcome(made)


def _furnish(place: Place, trials: Trials) -> None:
    budget_apply(place)
    members_apply(place)
    keys_apply(place)
    providers_apply(f"{place.path}.", place.row.pk, place.declared.providers, trials, place.actor, place.outcome)
    own_models_apply(place)
    policies_apply(place)
    settings_apply(place)
