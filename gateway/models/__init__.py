"""Providers' credentials, models, and what a workspace made of them."""

from gateway.models.catalogue import Model, ModelPolicy, ModelSettings, new_model_id
from gateway.models.credentials import ProviderCredential, new_credential_id

__all__ = [
    "Model",
    "ModelPolicy",
    "ModelSettings",
    "ProviderCredential",
    "new_credential_id",
    "new_model_id",
]
