"""Who made the sessions there are: the audit log says with which token, key or agent each was first shared."""

from django.db import migrations

CHUNK = 500
NAMED = (("tok_", "workspaces", "ShareToken"), ("key_", "workspaces", "APIKey"), ("dev_", "accounts", "Device"))


def fill(apps, schema_editor):
    entries = apps.get_model("workspaces", "AuditEntry").objects
    shared = entries.filter(action="session.share", actor_kind__in=("key", "device")).order_by("workspace_id", "seq")
    first = {}
    for workspace, session, credential in shared.values_list("workspace_id", "target_id", "actor_id").iterator():
        first.setdefault((workspace, session), credential)
    names = _names(apps, set(first.values()))
    sessions = apps.get_model("sync", "Session").objects
    for (workspace, session), credential in first.items():
        if credential in names:
            made = {"made_with_id": credential, "made_with_name": names[credential]}
            sessions.filter(owner_key=workspace, client_id=session, made_with_id="").update(**made)


def _names(apps, credentials):
    names = {}
    for prefix, app, model in NAMED:
        ids = sorted(name for name in credentials if name.startswith(prefix))
        for start in range(0, len(ids), CHUNK):
            rows = apps.get_model(app, model).objects.filter(pk__in=ids[start : start + CHUNK])
            names.update(rows.values_list("pk", "name"))
    return names


class Migration(migrations.Migration):
    dependencies = [
        ("sync", "0013_session_makers"),
        ("workspaces", "0017_webhooks"),
        ("accounts", "0011_index_owners"),
    ]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
