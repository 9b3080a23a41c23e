"""Accounts that were credited before know their last credit."""

from typing import Any

from django.db import migrations
from django.db.models import Max


def fill(apps: Any, _editor: Any) -> None:
    entries = apps.get_model("billing", "LedgerEntry").objects.filter(usage_id=None, amount__gt=0)
    accounts = apps.get_model("billing", "BillingAccount").objects
    for account_id, seq in list(entries.order_by().values_list("account_id").annotate(Max("seq"))):
        balance = entries.get(account_id=account_id, seq=seq).balance_after
        accounts.filter(pk=account_id, credited_seq=0).update(credited_seq=seq, credited_balance=balance)


class Migration(migrations.Migration):
    dependencies = (("billing", "0007_alerts"),)
    operations = (migrations.RunPython(fill, migrations.RunPython.noop),)
