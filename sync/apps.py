"""Django app `sync`."""

from django.apps import AppConfig


class SyncConfig(AppConfig):
    name = "sync"

    def ready(self) -> None:
        from sync import receivers  # noqa: F401  (connects them)
        from sync.archive import workspace_sessions_erase
        from workspaces.ports import workspace_content_erase

        workspace_content_erase.bind(workspace_sessions_erase)
