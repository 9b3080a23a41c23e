"""A workspace with many people and invitations, printed as JSON: run beside a server."""

import json
import os
import sys
from datetime import timedelta

import django

PEOPLE = 120


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "opencode.settings.embedded")
    django.setup()
    from tests.support.seed import seed

    given = seed()
    crowd(given["slug"])
    json.dump(given, sys.stdout)
    sys.stdout.write("\n")


def crowd(slug: str) -> None:
    """One with a name and an address as long as they may be, the first owner's deputy, and many more."""
    from accounts.models import User
    from opencode.lib.clock import utc_now
    from workspaces.models import Invitation, Membership, Role, Workspace

    workspace = Workspace.objects.get(slug=slug)
    local = "a-very-long-address-of-somebody-with-a-name-that-does-not-end" + "x" * 3
    people = [
        User(email=f"{local}@{'subdomain-' * 5}example.com", name="Maximiliane Wilhelmina von " + "Habsburg-" * 9)
    ]
    people += [User(email=f"person{number:03}@example.com", name=f"Person {number:03}") for number in range(PEOPLE)]
    User.objects.bulk_create(people)
    rows = [Membership(workspace=workspace, user=user) for user in people]
    rows[0].role, rows[1].role, rows[1].monthly_limit = Role.ADMIN, Role.OWNER, 1_250_000_000
    Membership.objects.bulk_create(rows)
    now = utc_now()
    Invitation.objects.bulk_create(
        Invitation(
            workspace=workspace,
            email=f"guest{number:02}@example.com",
            secret_hash=f"{number:064}",
            hash_version=1,
            sent_at=now - timedelta(hours=number),
            expires_at=now + timedelta(days=3 - number % 5),
            accepted_at=now if number % 7 == 3 else None,
            revoked_at=now if number % 7 == 5 else None,
        )
        for number in range(60)
    )


if __name__ == "__main__":
    main()
