"""Fields that change what a call costs, or which model answers it, in ways that no ceiling covers."""

from collections.abc import Iterable

from gateway.errors import FeatureUnpriced
from gateway.wire.asking.fields import Fields, value_of


def unpriced_check(fields: Fields, names: Iterable[str]) -> None:
    """Raises FeatureUnpriced when one of them is set, or when anything but text is to be written."""
    for name in names:
        if value_of(fields, name) not in (None, [], {}):
            raise FeatureUnpriced(f"The field {name} changes what this call costs, so it is not sent.")
    if value_of(fields, "modalities") not in (None, ["text"]):
        raise FeatureUnpriced("This call asks for pictures or sound, whose cost cannot be bounded.")
