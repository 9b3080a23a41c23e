"""What of the gateway goes with a purged workspace: everything, since nothing of it says what was spent."""

from django.db import transaction

from gateway.models import CallDay, Model, ModelCall, ModelPolicy, ModelSettings, ProviderCredential
from gateway.signals import models_changed
from opencode.lib.announce import announce


@transaction.atomic
def workspace_models_erase(workspace_id: str) -> int:
    """Erase the workspace's provider keys, models, policies and choices; returns how many rows that were."""
    announce(models_changed, workspace_id=workspace_id)
    rows = (ModelPolicy, Model, ModelSettings, ProviderCredential, ModelCall, CallDay)
    return sum(model.objects.filter(workspace_id=workspace_id).delete()[0] for model in rows)
