"""A purged workspace leaves no provider key behind."""

from datetime import timedelta

import pytest
from django.utils import timezone

from gateway.models import Model, ModelPolicy, ModelSettings, ProviderCredential
from tests.cast import Cast
from tests.support.models import add_credential, add_model
from workspaces.models import Workspace
from workspaces.services.deletions import workspaces_purge

pytestmark = pytest.mark.django_db(transaction=True)


def test_purge_erases_keys_models_and_choices_of_that_workspace_alone(cast: Cast) -> None:
    host = add_model()
    for workspace in (cast.alpha, cast.gamma):
        add_credential(workspace.pk)
        add_model(workspace.pk)
        ModelPolicy.objects.create(workspace_id=workspace.pk, model=host)
        ModelSettings.objects.create(workspace_id=workspace.pk)
    add_credential()
    long_ago = timezone.now() - timedelta(days=40)
    Workspace.objects.filter(pk=cast.alpha.pk).update(deleted_at=long_ago)
    assert workspaces_purge(now=timezone.now()) == 1
    for rows in (ProviderCredential.objects, Model.objects, ModelPolicy.objects, ModelSettings.objects):
        assert not rows.filter(workspace_id=cast.alpha.pk).exists()
        assert rows.filter(workspace_id=cast.gamma.pk).count() == 1
    assert ProviderCredential.objects.filter(workspace_id="").exists()
    assert Model.objects.filter(pk=host.pk).exists()
