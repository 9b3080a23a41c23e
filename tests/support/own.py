"""Makes the running console's owner: `server.ask("tests.support.own")` prints their address as JSON."""

import json
import os
import sys

import django

EMAIL = "owner@example.com"
PASSWORD = "correct horse battery"


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "opencode.settings.embedded")
    django.setup()
    from accounts.models import User

    json.dump({"email": User.objects.create_superuser(EMAIL, PASSWORD).email}, sys.stdout)
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
