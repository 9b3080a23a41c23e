"""dj-stripe's schema in one step, as far as it is used; takes the place of the library's own migrations."""

from django.conf import settings
from django.db import migrations

from billing.mirror.tables import MirrorTables


class Migration(migrations.Migration):
    initial = True
    dependencies = [migrations.swappable_dependency(settings.AUTH_USER_MODEL)]
    operations = [MirrorTables()]
