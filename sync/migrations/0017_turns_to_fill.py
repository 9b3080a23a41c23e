from django.db import migrations
from django.db.models.functions import Now


def mark_due(apps, schema_editor):
    """The sweep that writes due snapshots fills the turns of every session it comes to."""
    Session = apps.get_model('sync', 'Session')
    Session.objects.filter(head_seq__gt=0, cold_at=None, snapshot_due_at=None).update(snapshot_due_at=Now())


class Migration(migrations.Migration):

    dependencies = [
        ('sync', '0016_turns'),
    ]

    operations = [
        migrations.RunPython(mark_due, migrations.RunPython.noop),
    ]
