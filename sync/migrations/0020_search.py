"""The full-text index over sessions, in the engine of the database itself."""

import django.db.models.deletion
from django.db import migrations, models

# Words are of a to z and digits alone, see `sync.search.words`; positions are not asked for, so they are not kept.
SQLITE = [
    "CREATE VIRTUAL TABLE sync_sessionsearch_words USING fts5(words, content='sync_sessionsearch', "
    "content_rowid='session_id', detail='none', columnsize=0, tokenize='ascii', prefix='4')",
    "CREATE TRIGGER sync_sessionsearch_added AFTER INSERT ON sync_sessionsearch BEGIN "
    "INSERT INTO sync_sessionsearch_words(rowid, words) VALUES (new.session_id, new.words); END",
    "CREATE TRIGGER sync_sessionsearch_removed AFTER DELETE ON sync_sessionsearch BEGIN "
    "INSERT INTO sync_sessionsearch_words(sync_sessionsearch_words, rowid, words) "
    "VALUES ('delete', old.session_id, old.words); END",
    "CREATE TRIGGER sync_sessionsearch_changed AFTER UPDATE OF words ON sync_sessionsearch "
    "WHEN old.words <> new.words BEGIN "
    "INSERT INTO sync_sessionsearch_words(sync_sessionsearch_words, rowid, words) "
    "VALUES ('delete', old.session_id, old.words); "
    "INSERT INTO sync_sessionsearch_words(rowid, words) VALUES (new.session_id, new.words); END",
]
SQLITE_REMOVED = [
    "DROP TRIGGER sync_sessionsearch_added",
    "DROP TRIGGER sync_sessionsearch_removed",
    "DROP TRIGGER sync_sessionsearch_changed",
    "DROP TABLE sync_sessionsearch_words",
]
MYSQL = ["ALTER TABLE sync_sessionsearch ADD FULLTEXT INDEX session_search_words (words)"]
MYSQL_REMOVED = ["ALTER TABLE sync_sessionsearch DROP INDEX session_search_words"]


def index_make(apps, schema_editor):
    for statement in {"sqlite": SQLITE, "mysql": MYSQL}[schema_editor.connection.vendor]:
        schema_editor.execute(statement, None)


def index_remove(apps, schema_editor):
    for statement in {"sqlite": SQLITE_REMOVED, "mysql": MYSQL_REMOVED}[schema_editor.connection.vendor]:
        schema_editor.execute(statement, None)


class Migration(migrations.Migration):

    dependencies = [
        ('sync', '0019_fill_link_workspaces'),
    ]

    operations = [
        migrations.CreateModel(
            name='SearchCleaning',
            fields=[
                ('id', models.PositiveSmallIntegerField(default=1, primary_key=True, serialize=False)),
                ('began_at', models.DateTimeField(blank=True, null=True)),
                ('cleaned_at', models.DateTimeField(blank=True, null=True)),
                ('rest_until', models.DateTimeField(blank=True, null=True)),
            ],
        ),
        migrations.CreateModel(
            name='SessionSearch',
            fields=[
                ('session', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='+', serialize=False, to='sync.session')),
                ('epoch', models.CharField(max_length=16)),
                ('seq', models.BigIntegerField()),
                ('version', models.PositiveSmallIntegerField()),
                ('words', models.TextField()),
            ],
        ),
        migrations.RunPython(index_make, index_remove, atomic=False),
    ]
