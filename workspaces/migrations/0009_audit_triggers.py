"""Makes audit entries and anchors append-only in the database itself.

Entries cannot be changed, and only those that an anchor covers can be deleted; anchors can be neither changed nor
deleted. A later migration that makes SQLite rebuild one of these tables drops its triggers: it has to run `add` again
(a test checks that they exist).
"""

from django.db import migrations

ENTRY, ANCHOR = "workspaces_auditentry", "workspaces_auditanchor"
COVERED = f"SELECT 1 FROM {ANCHOR} a WHERE a.workspace_id = OLD.workspace_id AND a.seq >= OLD.seq"
NAMES = ("audit_entry_update", "audit_entry_delete", "audit_anchor_update", "audit_anchor_delete")

SQLITE = (
    f"CREATE TRIGGER audit_entry_update BEFORE UPDATE ON {ENTRY} "
    "BEGIN SELECT RAISE(ABORT, 'audit entries are append-only'); END",
    f"CREATE TRIGGER audit_entry_delete BEFORE DELETE ON {ENTRY} WHEN NOT EXISTS ({COVERED}) "
    "BEGIN SELECT RAISE(ABORT, 'no anchor covers this audit entry'); END",
    f"CREATE TRIGGER audit_anchor_update BEFORE UPDATE ON {ANCHOR} "
    "BEGIN SELECT RAISE(ABORT, 'audit anchors are append-only'); END",
    f"CREATE TRIGGER audit_anchor_delete BEFORE DELETE ON {ANCHOR} "
    "BEGIN SELECT RAISE(ABORT, 'audit anchors are append-only'); END",
)
MYSQL = (
    f"CREATE TRIGGER audit_entry_update BEFORE UPDATE ON {ENTRY} FOR EACH ROW "
    "SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'audit entries are append-only'",
    f"CREATE TRIGGER audit_entry_delete BEFORE DELETE ON {ENTRY} FOR EACH ROW "
    f"BEGIN IF NOT EXISTS ({COVERED}) THEN "
    "SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'no anchor covers this audit entry'; END IF; END",
    f"CREATE TRIGGER audit_anchor_update BEFORE UPDATE ON {ANCHOR} FOR EACH ROW "
    "SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'audit anchors are append-only'",
    f"CREATE TRIGGER audit_anchor_delete BEFORE DELETE ON {ANCHOR} FOR EACH ROW "
    "SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'audit anchors are append-only'",
)


def add(apps, schema_editor):
    remove(apps, schema_editor)
    for statement in {"sqlite": SQLITE, "mysql": MYSQL}[schema_editor.connection.vendor]:
        schema_editor.execute(statement, params=None)


def remove(apps, schema_editor):
    for name in NAMES:
        schema_editor.execute(f"DROP TRIGGER IF EXISTS {name}", params=None)


class Migration(migrations.Migration):

    dependencies = [
        ('workspaces', '0008_audit_seals_and_anchors'),
    ]

    operations = [
        # MySQL has no transaction around DDL, and Django refuses one.
        migrations.RunPython(add, remove, atomic=False),
    ]
