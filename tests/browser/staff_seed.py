"""A workspace, and somebody of the group `support` who may see it, printed as JSON: run beside a server."""

import json
import os
import sys

import django


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "opencode.settings.embedded")
    django.setup()
    from django.contrib.auth.models import Group

    from opencode.web.supportgroup import GROUP
    from tests.cast import PASSWORD, person
    from tests.support.seed import seed

    given = seed()
    support = person("support")
    support.is_staff = True
    support.save()
    support.groups.add(Group.objects.get(name=GROUP))
    json.dump({**given, "support": {"email": support.email, "password": PASSWORD}}, sys.stdout)
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
