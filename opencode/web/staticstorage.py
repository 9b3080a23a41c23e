"""Static files under hashed names, the names inside our ES modules' imports included."""

from typing import Final

from django.contrib.staticfiles.storage import HashedFilesMixin
from whitenoise.storage import CompressedManifestStaticFilesStorage

_IMPORTS: Final = HashedFilesMixin._js_module_import_aggregation_patterns[1]  # type: ignore[attr-defined]


class ModuleStaticFilesStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    """Without this a module's relative imports would keep their plain names, and a browser its old copies.

    Only for our own modules: what packages bring is not always written for it.
    """

    patterns = (*HashedFilesMixin.patterns, ("js/*.js", _IMPORTS))
