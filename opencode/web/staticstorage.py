"""Static files under hashed names, including the names in our ES modules' imports."""

from typing import Final

from django.contrib.staticfiles.storage import HashedFilesMixin
from whitenoise.storage import CompressedManifestStaticFilesStorage

_IMPORTS: Final = HashedFilesMixin._js_module_import_aggregation_patterns[1]  # type: ignore[attr-defined]


class ModuleStaticFilesStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    """Hashes the names in imports too: plain names would let browsers keep old copies of a module.

    Only for our own modules: packages' modules are not always written for it.
    """

    patterns = (*HashedFilesMixin.patterns, ("js/*.js", _IMPORTS))
