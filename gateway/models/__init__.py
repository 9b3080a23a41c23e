"""Providers' credentials, models, and what a workspace made of them."""

from gateway.models.calls import CallDay, ModelCall
from gateway.models.catalogue import Model, ModelPolicy, ModelSettings, new_model_id
from gateway.models.credentials import ProviderCredential, new_credential_id

__all__ = [
    "CallDay",
    "Model",
    "ModelCall",
    "ModelPolicy",
    "ModelSettings",
    "ProviderCredential",
    "new_credential_id",
    "new_model_id",
]
