"""Django app `workspaces`."""

from django.apps import AppConfig


class WorkspacesConfig(AppConfig):
    name = "workspaces"

    def ready(self) -> None:
        from accounts.ports import device_act_record, person_welcome
        from workspaces.services import devices
        from workspaces.services.workspaces import first_workspace_create

        person_welcome.bind(first_workspace_create)
        device_act_record.bind(devices.device_act_record)
