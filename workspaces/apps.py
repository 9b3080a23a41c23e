"""Django app `workspaces`."""

from django.apps import AppConfig


class WorkspacesConfig(AppConfig):
    name = "workspaces"

    def ready(self) -> None:
        from accounts.ports import person_welcome
        from workspaces.services.workspaces import first_workspace_create

        person_welcome.bind(first_workspace_create)
