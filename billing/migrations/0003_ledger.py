"""The ledger: accounts under integer ids, counters of limits, reservations, usage and entries. No account is lost."""

import django.db.models.deletion
import opencode.lib.clock
from django.db import migrations, models

def copy_accounts(apps, schema_editor):
    old, new = (apps.get_model("billing", name) for name in ("TextBillingAccount", "BillingAccount"))
    accounts = old.objects.using(schema_editor.connection.alias).order_by("created_at", "pk")
    new.objects.using(schema_editor.connection.alias).bulk_create(
        [new(workspace_id=row.workspace_id, created_at=row.created_at) for row in accounts], batch_size=500
    )


def copy_back(apps, schema_editor):
    old, new = (apps.get_model("billing", name) for name in ("TextBillingAccount", "BillingAccount"))
    accounts = new.objects.using(schema_editor.connection.alias).order_by("pk")
    old.objects.using(schema_editor.connection.alias).bulk_create(
        [old(workspace_id=row.workspace_id, created_at=row.created_at) for row in accounts], batch_size=500
    )


class Migration(migrations.Migration):

    dependencies = [
        ('billing', '0002_price_lists'),
        ('workspaces', '0014_purge_attempts'),
    ]

    operations = [
        migrations.RenameModel('BillingAccount', 'TextBillingAccount'),
        migrations.CreateModel(
            name='BillingAccount',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(default=opencode.lib.clock.utc_now, editable=False)),
                ('funding', models.CharField(choices=[('prepaid', 'prepaid'), ('postpaid', 'postpaid')], default='postpaid', max_length=10)),
                ('balance', models.BigIntegerField(default=0)),
                ('reserved', models.BigIntegerField(default=0)),
                ('entry_seq', models.BigIntegerField(default=0)),
                ('month', models.PositiveIntegerField(default=0, help_text='such as 202611; 0 before the first request')),
                ('month_used', models.BigIntegerField(default=0)),
                ('month_reserved', models.BigIntegerField(default=0)),
                ('monthly_limit', models.BigIntegerField(blank=True, null=True)),
                ('counts_own', models.BooleanField(default=True, help_text='usage on own credentials counts towards limits')),
                ('frozen_at', models.DateTimeField(blank=True, null=True)),
                ('workspace', models.OneToOneField(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='billing_account', to='workspaces.workspace')),
            ],
        ),
        migrations.RunPython(copy_accounts, copy_back),
        migrations.DeleteModel('TextBillingAccount'),
        migrations.CreateModel(
            name='LedgerEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('seq', models.BigIntegerField()),
                ('source', models.CharField(max_length=100)),
                ('amount', models.BigIntegerField()),
                ('balance_after', models.BigIntegerField()),
                ('reason', models.CharField(blank=True, max_length=200)),
                ('at', models.DateTimeField(default=opencode.lib.clock.utc_now)),
                ('account', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='entries', to='billing.billingaccount')),
            ],
            options={
                'verbose_name_plural': 'ledger entries',
            },
        ),
        migrations.CreateModel(
            name='LimitCounter',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('scope', models.CharField(choices=[('member', 'member'), ('key', 'key')], max_length=10)),
                ('scope_id', models.CharField(max_length=30)),
                ('month', models.PositiveIntegerField()),
                ('used', models.BigIntegerField(default=0)),
                ('reserved', models.BigIntegerField(default=0)),
                ('limit', models.BigIntegerField(blank=True, null=True)),
                ('account', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='counters', to='billing.billingaccount')),
            ],
        ),
        migrations.CreateModel(
            name='Reservation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('request_id', models.CharField(max_length=64)),
                ('fingerprint', models.CharField(max_length=64)),
                ('state', models.CharField(choices=[('open', 'open'), ('released', 'released'), ('expired', 'expired')], default='open', max_length=10)),
                ('ceiling', models.BigIntegerField()),
                ('month', models.PositiveIntegerField()),
                ('member_id', models.CharField(blank=True, help_text="the person's id", max_length=30)),
                ('key_id', models.CharField(blank=True, help_text='the id of the first key of its rotation', max_length=30)),
                ('session_id', models.CharField(blank=True, max_length=64)),
                ('model', models.CharField(max_length=190)),
                ('price_version_id', models.BigIntegerField(null=True)),
                ('may_host_pay', models.BooleanField(default=True)),
                ('counts_own', models.BooleanField(default=True)),
                ('created_at', models.DateTimeField(default=opencode.lib.clock.utc_now)),
                ('expires_at', models.DateTimeField()),
                ('ended_at', models.DateTimeField(null=True)),
                ('account', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='reservations', to='billing.billingaccount')),
            ],
        ),
        migrations.CreateModel(
            name='Usage',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('request_id', models.CharField(max_length=64)),
                ('model', models.CharField(max_length=190)),
                ('fingerprint', models.CharField(max_length=64)),
                ('month', models.PositiveIntegerField()),
                ('day', models.DateField()),
                ('member_id', models.CharField(blank=True, max_length=30)),
                ('key_id', models.CharField(blank=True, max_length=30)),
                ('session_id', models.CharField(blank=True, max_length=64)),
                ('input', models.BigIntegerField(default=0)),
                ('cache_read', models.BigIntegerField(default=0)),
                ('cache_write_5m', models.BigIntegerField(default=0)),
                ('cache_write_1h', models.BigIntegerField(default=0)),
                ('output', models.BigIntegerField(default=0)),
                ('reasoning', models.BigIntegerField(default=0)),
                ('prompt', models.BigIntegerField(default=0, help_text='the largest prompt at once, which chooses the tier')),
                ('units', models.JSONField(default=dict)),
                ('context', models.CharField(blank=True, max_length=160)),
                ('price_version_id', models.BigIntegerField(null=True)),
                ('payer', models.CharField(choices=[('host', 'host'), ('own', 'own')], max_length=4)),
                ('cost', models.BigIntegerField()),
                ('charged', models.BigIntegerField()),
                ('carried', models.BigIntegerField()),
                ('counted', models.BigIntegerField()),
                ('is_estimated', models.BooleanField(default=False)),
                ('quarantined', models.CharField(blank=True, help_text='why its body was not priced', max_length=40)),
                ('was_expired', models.BooleanField(default=False)),
                ('seq', models.BigIntegerField(null=True)),
                ('balance_after', models.BigIntegerField(null=True)),
                ('at', models.DateTimeField(default=opencode.lib.clock.utc_now)),
                ('account', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='usage', to='billing.billingaccount')),
            ],
            options={
                'verbose_name_plural': 'usage',
            },
        ),
        migrations.AddConstraint(
            model_name='billingaccount',
            constraint=models.CheckConstraint(condition=models.Q(('reserved__gte', 0)), name='account_reserved_not_negative'),
        ),
        migrations.AddConstraint(
            model_name='billingaccount',
            constraint=models.CheckConstraint(condition=models.Q(('month_reserved__gte', 0)), name='account_month_reserved_not_negative'),
        ),
        migrations.AddConstraint(
            model_name='ledgerentry',
            constraint=models.UniqueConstraint(fields=('account', 'seq'), name='ledger_entry_by_seq'),
        ),
        migrations.AddConstraint(
            model_name='ledgerentry',
            constraint=models.UniqueConstraint(fields=('account', 'source'), name='ledger_entry_once_a_source'),
        ),
        migrations.AddConstraint(
            model_name='limitcounter',
            constraint=models.UniqueConstraint(fields=('account', 'scope', 'scope_id', 'month'), name='limit_counter_once_a_month'),
        ),
        migrations.AddConstraint(
            model_name='limitcounter',
            constraint=models.CheckConstraint(condition=models.Q(('reserved__gte', 0)), name='counter_reserved_not_negative'),
        ),
        migrations.AddIndex(
            model_name='reservation',
            index=models.Index(fields=['state', 'expires_at'], name='reservation_by_end'),
        ),
        migrations.AddIndex(
            model_name='reservation',
            index=models.Index(fields=['ended_at'], name='reservation_by_ended'),
        ),
        migrations.AddConstraint(
            model_name='reservation',
            constraint=models.UniqueConstraint(fields=('account', 'request_id'), name='reservation_once_a_request'),
        ),
        migrations.AddIndex(
            model_name='usage',
            index=models.Index(fields=['account', 'month'], name='usage_by_month'),
        ),
        migrations.AddConstraint(
            model_name='usage',
            constraint=models.UniqueConstraint(fields=('account', 'request_id', 'model'), name='usage_once_a_request_and_model'),
        ),
        migrations.AddConstraint(
            model_name='usage',
            constraint=models.UniqueConstraint(fields=('account', 'seq'), name='usage_by_seq'),
        ),
    ]

