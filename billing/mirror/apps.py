"""dj-stripe as an app of ours: its models, and nothing of what it does by itself at a start."""

import sys

from django.apps import AppConfig


class MirrorConfig(AppConfig):
    """Without its event handlers, its checks of keys and webhooks, and its name in every request to Stripe.

    It has to come before Django's admin among the installed apps, which else finds the library's pages: they change
    things, at Stripe too.
    """

    name = "djstripe"
    default_auto_field = "django.db.models.AutoField"

    def ready(self) -> None:
        from billing.mirror import admin

        # The admin looks for a module of this name; the library's own is never loaded.
        sys.modules["djstripe.admin"] = admin
