"""The statement finds entries by their time, and pages find usage rows by their day instead of their month."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = (("billing", "0009_stripe_payments"),)
    operations = (
        migrations.AddIndex(
            model_name="ledgerentry",
            index=models.Index(fields=["account", "at", "seq"], name="ledger_entry_by_time"),
        ),
        migrations.AddIndex(
            model_name="usage",
            index=models.Index(fields=["account", "day"], name="usage_by_day"),
        ),
        migrations.RemoveIndex(model_name="usage", name="usage_by_month"),
    )
