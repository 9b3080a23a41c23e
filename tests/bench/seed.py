"""Prepares a data directory for a measurement: the schema, a workspace, an API key, printed last.

With BENCH_FILL=`<sessions>x<entries>` the workspace has so many sessions of so many entries already.
"""

import os
import sys

import django


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "opencode.settings.embedded")
    django.setup()
    from django.core.management import call_command

    from accounts.models import User
    from opencode.lib.actor import THE_CONSOLE
    from workspaces.services.api_keys import api_key_create
    from workspaces.services.workspaces import workspace_create

    call_command("migrate", verbosity=0)
    owner = User.objects.create_user("bench@example.com")
    workspace = workspace_create(owner=owner, name="Bench", actor=THE_CONSOLE)
    _, key = api_key_create(
        workspace=workspace, created_by=owner, name="bench", scopes=["sync:read", "sync:write"], actor=THE_CONSOLE
    )
    sessions, _, entries = os.environ.get("BENCH_FILL", "").partition("x")
    if sessions:
        from tests.support.bigtables import fill_sessions

        fill_sessions(workspace, int(sessions), int(entries))
    sys.stdout.write(key + "\n")


if __name__ == "__main__":
    main()
