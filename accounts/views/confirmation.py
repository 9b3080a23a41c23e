"""allauth's page for a confirmation link, which also knows whether this browser signed up."""

from typing import Any

from allauth.account.views import ConfirmEmailView

from accounts.selectors.pending import is_known_here


class EmailConfirmation(ConfirmEmailView):  # type: ignore[misc]
    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)
        is_elsewhere = self.object and not is_known_here(self.request, self.object.email_address.user_id)
        return {**context, "is_elsewhere": bool(is_elsewhere)}


confirm = EmailConfirmation.as_view()
