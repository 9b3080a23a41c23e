"""Deletes further addresses, unverified ones included, that a provider added beside the one a person signs in with."""

from django.db import migrations
from django.db.models import Exists, OuterRef


def drop(apps, _schema_editor):
    address = apps.get_model("account", "EmailAddress")
    primary = address.objects.filter(user_id=OuterRef("user_id"), primary=True)
    further = address.objects.filter(Exists(primary), primary=False)
    ids = list(further.values_list("pk", flat=True))  # MariaDB cannot delete from a table that the statement reads
    for start in range(0, len(ids), 1000):
        address.objects.filter(pk__in=ids[start : start + 1000]).delete()


class Migration(migrations.Migration):
    dependencies = [("accounts", "0008_mark_suspended_people"), ("account", "0009_emailaddress_unique_primary_email")]
    operations = [migrations.RunPython(drop, migrations.RunPython.noop)]
