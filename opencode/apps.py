"""The project as a Django app, so that it can bring operators' commands."""

from django.apps import AppConfig


class ConsoleConfig(AppConfig):
    name = "opencode"
    verbose_name = "opencode console"

    def ready(self) -> None:
        from accounts import ports
        from opencode.exports import export_parts

        ports.export_parts.bind(export_parts)
