"""Django app `sync`."""

from django.apps import AppConfig


class SyncConfig(AppConfig):
    name = "sync"

    def ready(self) -> None:
        from sync import (
            receivers,  # noqa: F401  (connects them)
            sharing,
        )
        from sync.archive import workspace_sessions_erase
        from sync.store import makers_forget
        from workspaces.ports import person_names_erase, session_titles, workspace_content_erase

        workspace_content_erase.bind(workspace_sessions_erase)
        person_names_erase.bind(makers_forget)
        session_titles.bind(sharing.session_titles)
