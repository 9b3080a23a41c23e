"""The project as a Django app, so that it can bring operators' commands."""

from django.apps import AppConfig


class ConsoleConfig(AppConfig):
    name = "opencode"
    verbose_name = "opencode console"
