from django.db import migrations, models
from django.db.models.deletion import CASCADE


class Migration(migrations.Migration):
    dependencies = [("steering", "0002_commands_and_ceilings")]

    operations = [
        # First: MariaDB keeps no foreign key without an index that begins with it.
        migrations.AddIndex(
            model_name="ask",
            index=models.Index(fields=["workspace", "is_open", "asked_at"], name="ask_by_workspace"),
        ),
        migrations.AlterField(
            model_name="ask",
            name="workspace",
            field=models.ForeignKey(
                db_index=False, on_delete=CASCADE, related_name="+", to="workspaces.workspace"
            ),
        ),
    ]
