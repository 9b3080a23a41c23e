from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

import sync.models


def leave_the_confirmed(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Receipts that were confirmed are not checked again."""
    receipts = apps.get_model("sync", "DeletionReceipt")
    receipts.objects.exclude(confirmed_at=None).update(confirm_due_at=None)


class Migration(migrations.Migration):
    dependencies = [("sync", "0009_removals_to_audit")]

    operations = [
        migrations.RemoveIndex(model_name="deletionreceipt", name="receipt_to_confirm"),
        migrations.AddField(
            model_name="deletionreceipt",
            name="confirm_due_at",
            field=models.DateTimeField(blank=True, db_index=True, default=sync.models.first_check, null=True),
        ),
        migrations.RunPython(leave_the_confirmed, migrations.RunPython.noop),
    ]
