"""Django app `workspaces`."""

from django.apps import AppConfig


class WorkspacesConfig(AppConfig):
    name = "workspaces"

    def ready(self) -> None:
        from accounts import ports
        from accounts.ports import device_act_record, person_welcome
        from workspaces.selectors.exports import export_allowed
        from workspaces.selectors.invitations import invitation_open_for
        from workspaces.services import accounts, devices
        from workspaces.services.workspaces import first_workspace_create

        person_welcome.bind(first_workspace_create)
        device_act_record.bind(devices.device_act_record)
        ports.person_act_record.bind(accounts.person_act_record)
        ports.person_places_lock.bind(accounts.person_places_lock)
        ports.account_holds.bind(accounts.account_holds)
        ports.account_close.bind(accounts.account_close)
        ports.account_reopen.bind(accounts.account_reopen)
        ports.account_keys_revoke.bind(accounts.account_keys_revoke)
        ports.account_erase.bind(accounts.account_erase)
        ports.export_allowed.bind(export_allowed)
        ports.invitation_open_for.bind(invitation_open_for)
