"""Which workspace the links there are belong to: their session's."""

from django.db import migrations

FILL = (
    "UPDATE sync_share SET workspace_id = "
    "(SELECT s.workspace_id FROM sync_session s WHERE s.id = sync_share.session_id) WHERE workspace_id IS NULL"
)


class Migration(migrations.Migration):
    dependencies = [("sync", "0018_link_rules_and_openings")]

    operations = [migrations.RunSQL(FILL, migrations.RunSQL.noop)]
