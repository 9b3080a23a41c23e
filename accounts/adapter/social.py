"""allauth.socialaccount's hooks: which providers exist, who may sign up by them, which addresses are trusted."""

from typing import Any, Final

from allauth.socialaccount.adapter import DefaultSocialAccountAdapter, _build_apps_from_settings
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialLogin
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.models import NAME_CHARACTERS
from accounts.selectors.signin import has_another_way_in
from accounts.selectors.signup import is_sign_up_open, may_sign_up
from opencode.lib.textlines import visible_part

ADDRESS_VERIFYING: Final = frozenset({"github", "google"})
"""Providers that report an address as verified only when it is."""


class ConsoleSocialAccountAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]
    def list_apps(self, request: HttpRequest, provider: Any = None, client_id: Any = None) -> list[SocialApp]:
        """The providers named in the settings; database rows are ignored."""
        found = _build_apps_from_settings(provider=provider, client_id=client_id)
        return [app for apps in found.values() for app in apps]

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Treat an address as unverified unless its provider verifies addresses or the settings trust the provider."""
        is_trusted = sociallogin.provider.id in ADDRESS_VERIFYING or settings.OIDC_TRUSTS_EMAIL
        for address in sociallogin.email_addresses:
            address.verified = is_trusted and address.verified is True
        if not sociallogin.is_existing:
            _keep_one_address(sociallogin)

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        """Refuse an address that the sign-up policy refuses; a newcomer without an address is asked for one later."""
        return is_sign_up_open() and all(may_sign_up(address.email) for address in sociallogin.email_addresses[:1])

    def populate_user(self, request: HttpRequest, sociallogin: SocialLogin, data: dict[str, Any]) -> Any:
        user = super().populate_user(request, sociallogin, data)
        user.name = visible_part(str(data.get("name") or ""))[:NAME_CHARACTERS]
        return user

    def validate_disconnect(self, account: SocialAccount, accounts: QuerySet[SocialAccount]) -> None:
        """Raises ValidationError when this is the person's last way to sign in."""
        if not has_another_way_in(account.user, without=account):
            raise ValidationError("This is your only way in: set a password or add a passkey first.")


def _keep_one_address(sociallogin: SocialLogin) -> None:
    """Keep one address: GitHub lists every address of a person, unverified ones included, the primary one first."""
    addresses = sociallogin.email_addresses
    best = next((address for address in addresses if address.verified), None) or next(iter(addresses), None)
    if best is not None:
        addresses[:] = [best]
        sociallogin.user.email = best.email
