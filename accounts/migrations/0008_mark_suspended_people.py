"""Marks people as suspended who are inactive but did not close their account; when it happened is not recorded."""

from django.db import migrations
from django.db.models import Exists, OuterRef
from django.utils.timezone import now


def mark(apps, _schema_editor):
    user, deletion = apps.get_model("accounts", "User"), apps.get_model("accounts", "AccountDeletion")
    closed = deletion.objects.filter(user_id=OuterRef("pk"))
    user.objects.filter(~Exists(closed), is_active=False, suspended_at=None).update(suspended_at=now())


class Migration(migrations.Migration):
    dependencies = [("accounts", "0007_suspensions")]
    operations = [migrations.RunPython(mark, migrations.RunPython.noop)]
