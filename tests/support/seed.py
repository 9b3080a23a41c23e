"""A person with a workspace, an API key and a share token, printed as JSON.

Run beside a server: `server.ask("tests.support.seed")`.
"""

import json
import os
import sys

import django

EMAIL = "alice@example.com"
PASSWORD = "correct horse battery"


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "opencode.settings.embedded")
    django.setup()
    json.dump(seed(), sys.stdout)
    sys.stdout.write("\n")


def seed() -> dict[str, str]:
    from allauth.account.models import EmailAddress

    from accounts.models import User
    from opencode.lib.actor import THE_CONSOLE
    from workspaces.services.api_keys import api_key_create
    from workspaces.services.share_tokens import share_token_create
    from workspaces.services.workspaces import workspace_create

    # Another one on a console that several tests share.
    email = EMAIL.replace("@", f"{User.objects.filter(email__startswith='alice').count() or ''}@")
    user = User.objects.create_user(email, PASSWORD)
    EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
    workspace = workspace_create(owner=user, name="Alpha", actor=THE_CONSOLE)
    _, key = api_key_create(
        workspace=workspace, created_by=user, name="tests", scopes=["sync:read", "sync:write"], actor=THE_CONSOLE
    )
    _, token = share_token_create(workspace=workspace, created_by=user, name="tests", actor=THE_CONSOLE)
    return {"email": email, "password": PASSWORD, "slug": workspace.slug, "key": key, "token": token}


if __name__ == "__main__":
    main()
