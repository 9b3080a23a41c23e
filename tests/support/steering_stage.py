"""Beside a running console: a machine's login, and a browser of its person that has just shown a second factor.

Prints both as JSON. Run it as `server.ask("tests.support.steering_stage", email)` after `tests.support.seed`.
"""

import json
import os
import sys

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "opencode.settings.embedded")


def main(email: str) -> None:
    django.setup()
    from allauth.mfa.models import Authenticator

    from accounts.models import User
    from steering.models import SteeringPolicy
    from tests.cast import browser
    from tests.support.devices import device_of
    from tests.support.steering import show_factors
    from workspaces.models import Membership

    user = User.objects.get(email=email)
    Authenticator.objects.create(user=user, type="totp", data={})
    workspace = Membership.objects.filter(user=user).earliest("pk").workspace
    SteeringPolicy.objects.create(workspace=workspace, ceiling=SteeringPolicy.Ceiling.PROMPT)
    client = browser(user)
    show_factors(client, user, [("totp", 0)])
    told = {"cookie": client.session.session_key, "token": device_of(user).access, "workspace": workspace.pk}
    json.dump(told, sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
