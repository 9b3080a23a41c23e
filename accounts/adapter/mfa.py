"""allauth.mfa's hooks: secrets are stored encrypted; the names authenticator apps and passkeys show."""

from typing import Any, Final

from allauth.mfa.adapter import DefaultMFAAdapter
from django.contrib.auth.base_user import AbstractBaseUser

from opencode.lib.sealing import seal, unseal

ISSUER: Final = "opencode console"
_PURPOSE: Final = "second-factor"


class ConsoleMFAAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    def encrypt(self, text: str) -> str:
        return seal(_PURPOSE, text)

    def decrypt(self, encrypted_text: str) -> str:
        return unseal(_PURPOSE, encrypted_text)

    def get_totp_issuer(self) -> str:
        return ISSUER

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        return {**super().get_public_key_credential_rp_entity(), "name": ISSUER}

    def generate_authenticator_name(self, user: AbstractBaseUser, type: Any) -> str:
        return "passkey"
