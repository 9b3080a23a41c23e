"""allauth.account's hooks: the sign-up policy, links, mails, and one account per address."""

from typing import Any, Final
from urllib.parse import quote

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress
from django.contrib import messages
from django.core.validators import MaxLengthValidator
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from accounts.models import User, fold_email
from accounts.selectors.signup import is_sign_up_open, person_exists
from accounts.services.deletions import RESTORABLE_PERSON, deletion_of
from accounts.services.mail import mail_send
from opencode.lib.clock import utc_now
from opencode.lib.links import public_url

EMAIL_CHARACTERS: Final = 254


class ConsoleAccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Whether the sign-up page is open at all; its form checks the address against the policy."""
        return is_sign_up_open()

    def clean_email(self, email: str) -> str:
        """The address, folded. Raises ValidationError when it is too long for its column: allauth would cut it."""
        folded = fold_email(super().clean_email(email))
        MaxLengthValidator(EMAIL_CHARACTERS)(folded)
        return folded

    def confirm_email(self, request: HttpRequest, email_address: EmailAddress) -> bool:
        """All or nothing: when two people confirm one address at the same time, the second is refused.

        Also refused: a sign-up left over from before a first owner was required, while there is no owner.
        """
        if not person_exists():
            self.add_message(request, messages.ERROR, "account/messages/owner_first.txt")
            return False
        try:
            with transaction.atomic():
                return bool(super().confirm_email(request, email_address))
        except IntegrityError:
            template = "account/messages/email_confirmation_failed.txt"
            self.add_message(request, messages.ERROR, template, {"email": email_address.email})
            return False

    def get_email_confirmation_url(self, request: HttpRequest, emailconfirmation: Any) -> str:
        return public_url("account_confirm_email", emailconfirmation.key)

    def get_reset_password_from_key_url(self, key: str) -> str:
        """The page's URL. `key` is allauth's `<user id>-<token>`, which the URL quotes as one piece."""
        pattern = public_url("account_reset_password_from_key", "usr_UID", "KEY")
        return pattern.replace("usr_UID-KEY", quote(key))

    def send_account_already_exists_mail(self, email: str) -> None:
        self.send_mail("account/email/account_already_exists", email, {})

    def respond_user_inactive(self, request: HttpRequest, user: User) -> HttpResponse:
        """A person who signs in to their closed account has proved that it is theirs, so they may restore it."""
        if deletion_of(user.pk) is None:
            answer: HttpResponse = super().respond_user_inactive(request, user)
            return answer
        request.session[RESTORABLE_PERSON] = user.pk
        return redirect("accounts:restore")

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Links in mails come from the settings, never from the request's Host; mail leaves after the commit."""
        known = {
            "email": email,
            "signup_url": public_url("account_signup"),
            "login_url": public_url("account_login"),
            "password_reset_url": public_url("account_reset_password"),
            "when": f"{utc_now():%Y-%m-%d %H:%M:%S} UTC",
        }
        mail_send(to=email, template=f"{template_prefix}.html", context={**known, **context})
