"""Keys of the seeded person, made and revoked by a process of its own, printed as JSON.

`server.ask("tests.support.keys", "create")`, `server.ask("tests.support.keys", "revoke", key_id)`.
"""

import json
import os
import sys

import django


def main(act: str, key_id: str = "") -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "opencode.settings.embedded")
    django.setup()
    json.dump(create() if act == "create" else revoke(key_id), sys.stdout)
    sys.stdout.write("\n")


def create() -> dict[str, str]:
    from opencode.lib.actor import THE_CONSOLE
    from workspaces.models import Membership
    from workspaces.services.api_keys import api_key_create

    place = Membership.objects.select_related("workspace", "user").get()
    key, token = api_key_create(
        workspace=place.workspace, created_by=place.user, name="another", scopes=["sync:write"], actor=THE_CONSOLE
    )
    return {"id": key.pk, "key": token}


def revoke(key_id: str) -> bool:
    from opencode.lib.actor import THE_CONSOLE
    from workspaces.models import APIKey
    from workspaces.services.api_keys import api_key_revoke

    return bool(api_key_revoke(key=APIKey.objects.get(pk=key_id), actor=THE_CONSOLE))


if __name__ == "__main__":
    main(*sys.argv[1:])
