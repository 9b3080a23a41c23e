"""Migrations: complete, and independent of the code they will outlive."""

import re
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from tests.support.server import ROOT

MIGRATIONS = sorted(path for app in ROOT.iterdir() for path in app.glob("migrations/[0-9]*.py"))
# Importing what only builds a column's default is fine; services, models and the like change under the migration.
APPS = "accounts|workspaces|billing|sync|gateway|steering"
APP_IMPORT = re.compile(rf"^\s*(?:from|import) (?:{APPS})\b(?!\.models\b)", re.MULTILINE)


@pytest.mark.django_db
def test_models_and_migrations_agree() -> None:
    said = StringIO()
    call_command("makemigrations", check=True, dry_run=True, stdout=said, verbosity=1)
    assert "No changes detected" in said.getvalue()


@pytest.mark.django_db
def test_graph_has_one_end_per_app() -> None:
    assert MigrationExecutor(connection).loader.detect_conflicts() == {}


@pytest.mark.parametrize("path", MIGRATIONS, ids=lambda path: f"{path.parent.parent.name}.{path.stem}")
def test_migration_imports_no_workflow(path: Path) -> None:
    assert APP_IMPORT.findall(path.read_text()) == []
