"""Of allauth.socialaccount: which providers there are, whom they may bring, what is believed of them."""

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
"""Providers that name an address as verified only when it is."""


class ConsoleSocialAccountAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]
    def list_apps(self, request: HttpRequest, provider: Any = None, client_id: Any = None) -> list[SocialApp]:
        """Those of the settings; no row of the database makes a provider."""
        found = _build_apps_from_settings(provider=provider, client_id=client_id)
        return [app for apps in found.values() for app in apps]

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Addresses of any other provider count as unverified, unless the settings say that it can be trusted."""
        is_trusted = sociallogin.provider.id in ADDRESS_VERIFYING or settings.OIDC_TRUSTS_EMAIL
        for address in sociallogin.email_addresses:
            address.verified = is_trusted and address.verified is True
        if not sociallogin.is_existing:
            _keep_one_address(sociallogin)

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        """A provider's address that the policy refuses ends here; one without an address is asked for one."""
        return is_sign_up_open() and all(may_sign_up(address.email) for address in sociallogin.email_addresses[:1])

    def populate_user(self, request: HttpRequest, sociallogin: SocialLogin, data: dict[str, Any]) -> Any:
        user = super().populate_user(request, sociallogin, data)
        user.name = visible_part(str(data.get("name") or ""))[:NAME_CHARACTERS]
        return user

    def validate_disconnect(self, account: SocialAccount, accounts: QuerySet[SocialAccount]) -> None:
        """Nobody unlinks the last way into their account."""
        if not has_another_way_in(account.user, without=account):
            raise ValidationError("This is your only way in: set a password or add a passkey first.")


def _keep_one_address(sociallogin: SocialLogin) -> None:
    """GitHub names all a person has, in the order of importance, unproven ones too: a newcomer brings one."""
    addresses = sociallogin.email_addresses
    best = next((address for address in addresses if address.verified), None) or next(iter(addresses), None)
    if best is not None:
        addresses[:] = [best]
        sociallogin.user.email = best.email
