"""Beside a running console: lets the agent in that waits with this user code, as the person with this address."""

import json
import os
import sys

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "opencode.settings.embedded")


def main(user_code: str, email: str) -> None:
    django.setup()
    from accounts.models import User
    from accounts.services.device_logins import device_login_approve
    from workspaces.models import Membership

    user = User.objects.get(email=email)
    workspace = Membership.objects.filter(user=user).earliest("pk").workspace_id
    device_login_approve(user_code=user_code, user=user, name="laptop", first_workspace_id=workspace)
    print(json.dumps({"workspace": workspace}))  # noqa: T201 - the answer


if __name__ == "__main__":
    main(*sys.argv[1:])
