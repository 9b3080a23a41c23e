"""A provider may have brought addresses beside the one a person signs in with, unproven ones too: they go."""

from django.db import migrations
from django.db.models import Exists, OuterRef


def drop(apps, _schema_editor):
    address = apps.get_model("account", "EmailAddress")
    primary = address.objects.filter(user_id=OuterRef("user_id"), primary=True)
    further = address.objects.filter(Exists(primary), primary=False)
    ids = list(further.values_list("pk", flat=True))  # MariaDB deletes from no table it reads in the same statement
    for start in range(0, len(ids), 1000):
        address.objects.filter(pk__in=ids[start : start + 1000]).delete()


class Migration(migrations.Migration):
    dependencies = [("accounts", "0008_mark_suspended_people"), ("account", "0009_emailaddress_unique_primary_email")]
    operations = [migrations.RunPython(drop, migrations.RunPython.noop)]
