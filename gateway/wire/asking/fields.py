"""The top-level fields of a JSON object as bytes: what is not replaced stays as it came, to the byte.

The object is always written anew from its fields, so that a name given twice reaches the provider once, as read here.
"""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from gateway.errors import CallMalformed

Fields = dict[str, msgspec.Raw]
NULL: Final = b"null"
_decoder: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])


def fields_read(data: bytes | msgspec.Raw) -> Fields:
    """The fields of the object. Raises CallMalformed."""
    try:
        return _decoder.decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise CallMalformed from error


def fields_bytes(fields: Mapping[str, msgspec.Raw]) -> bytes:
    return msgspec.json.encode(fields)


def raw(value: Any) -> msgspec.Raw:
    return msgspec.Raw(msgspec.json.encode(value))


def value_of(fields: Mapping[str, msgspec.Raw], name: str) -> Any:
    """The field's value, None for null and for a field that is missing. Raises CallMalformed."""
    found = fields.get(name)
    if found is None or bytes(found) == NULL:
        return None
    try:
        return msgspec.json.decode(found)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise CallMalformed from error


def text_of(fields: Mapping[str, msgspec.Raw], name: str) -> str:
    """A text, empty when it is missing. Raises CallMalformed for anything else."""
    found = value_of(fields, name)
    if found is None:
        return ""
    if not isinstance(found, str):
        raise CallMalformed(f"The field {name} must be a text.")
    return found


def flag_of(fields: Mapping[str, msgspec.Raw], name: str) -> bool:
    """True or false, false when it is missing. Raises CallMalformed for anything else."""
    found = value_of(fields, name)
    if found is None:
        return False
    if not isinstance(found, bool):
        raise CallMalformed(f"The field {name} must be true or false.")
    return found


def count_of(fields: Mapping[str, msgspec.Raw], name: str) -> int | None:
    """A whole number above zero, None when it is missing. Raises CallMalformed for anything else."""
    found = value_of(fields, name)
    if found is None:
        return None
    if type(found) is float and found.is_integer():
        found = int(found)
    if type(found) is not int or not 0 < found < 2**31:
        raise CallMalformed(f"The field {name} must be a whole number above zero.")
    return found


def object_of(fields: Mapping[str, msgspec.Raw], name: str) -> Fields:
    """The fields of an object in a field, none when it is missing. Raises CallMalformed for anything else."""
    found = fields.get(name)
    return {} if found is None or bytes(found) == NULL else fields_read(found)
