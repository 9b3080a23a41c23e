"""From here on browser sessions are found by a hash of their key; open ones stay open."""

from typing import Any

from django.db import migrations
from django.utils.crypto import salted_hmac

HASHED_CHARACTERS = 40


def hashed(session_key: str) -> str:
    return salted_hmac("accounts.browser-session", session_key, algorithm="sha256").hexdigest()[:HASHED_CHARACTERS]


def hash_keys(apps: Any, schema_editor: Any) -> None:
    """Row by row, so that rows hashed before an interruption are skipped."""
    for label, name in (("sessions", "Session"), ("usersessions", "UserSession")):
        rows = apps.get_model(label, name).objects
        keys = [key for key in rows.values_list("session_key", flat=True) if len(key) < HASHED_CHARACTERS]
        for key in keys:
            rows.filter(session_key=key).update(session_key=hashed(key))


def end_all(apps: Any, schema_editor: Any) -> None:
    """A hash cannot be reversed, so everybody has to sign in again."""
    apps.get_model("sessions", "Session").objects.all().delete()
    apps.get_model("usersessions", "UserSession").objects.all().delete()


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0009_one_address_a_person"),
        ("sessions", "0001_initial"),
        ("usersessions", "0001_initial"),
    ]
    operations = [migrations.RunPython(hash_keys, end_all, elidable=False)]
