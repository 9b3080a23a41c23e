"""Beside a running console: a person with an authenticator app, in a workspace that lets its members decide.

Prints the app's secret as JSON. Run it as `server.ask("tests.support.steering_seed", email)`.
"""

import json
import os
import sys

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "opencode.settings.embedded")


def main(email: str) -> None:
    django.setup()
    from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret

    from accounts.models import User
    from steering.models import SteeringPolicy
    from workspaces.models import Membership

    user = User.objects.get(email=email)
    secret = generate_totp_secret()
    TOTP.activate(user, secret)
    workspace = Membership.objects.filter(user=user).earliest("pk").workspace
    SteeringPolicy.objects.create(workspace=workspace, ceiling=SteeringPolicy.Ceiling.PROMPT)
    print(json.dumps({"secret": secret}))  # noqa: T201 - the answer


if __name__ == "__main__":
    main(*sys.argv[1:])
