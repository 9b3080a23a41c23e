"""The project as a Django app: it has commands, binds what an export is made of, and sets the support group anew."""

from django.apps import AppConfig, apps
from django.db.models.signals import post_migrate


class ConsoleConfig(AppConfig):
    name = "opencode"
    verbose_name = "opencode console"

    def ready(self) -> None:
        from accounts import ports
        from opencode.web.exports import export_parts
        from opencode.web.supportgroup import support_group_set

        ports.export_parts.bind(export_parts)
        # The admin comes after our apps in INSTALLED_APPS: at its turn all our permissions exist.
        post_migrate.connect(support_group_set, sender=apps.get_app_config("admin"))
