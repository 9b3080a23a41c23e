"""The JSON API's description for the page `/docs/api`: operations by resource, values by dotted name. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

Schema = Mapping[str, Any]
METHODS: Final = ("get", "post", "patch", "put", "delete")
DEPTH: Final = 4
_SIMPLE: Final = {"string": "text", "integer": "number", "number": "number", "boolean": "yes or no", "null": "null"}


@dataclass(frozen=True, slots=True)
class Value:
    """One parameter, or one value of a body: `tokens.input`, `items[].id`."""

    name: str
    kind: str
    is_needed: bool
    description: str


@dataclass(frozen=True, slots=True)
class OperationEntry:
    id: str
    method: str
    path: str
    summary: str
    description: str
    parameters: tuple[Value, ...]
    body: tuple[Value, ...]
    status: str
    answer: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Resource:
    name: str
    operations: tuple[OperationEntry, ...]


def api_reference(schema: Schema) -> list[Resource]:
    """Resources, in the order of their operations."""
    found: dict[str, list[OperationEntry]] = {}
    for path, methods in schema["paths"].items():
        for method in METHODS:
            if method in methods:
                operation = methods[method]
                found.setdefault(operation["tags"][0], []).append(_entry(schema, path, method, operation))
    return [Resource(name, tuple(operations)) for name, operations in found.items()]


def _entry(schema: Schema, path: str, method: str, operation: Schema) -> OperationEntry:
    status = next(str(code) for code in operation["responses"] if str(code).startswith("2"))
    answers = {str(code): answer for code, answer in operation["responses"].items()}
    return OperationEntry(
        id=operation["operationId"],
        method=method.upper(),
        path=path,
        summary=operation["summary"],
        description=operation.get("description", ""),
        parameters=tuple(_parameter(schema, parameter) for parameter in operation["parameters"]),
        body=tuple(_values(schema, _content(operation.get("requestBody", {})))),
        status=status,
        answer=tuple(_values(schema, _content(answers[status]))),
    )


def _content(of: Schema) -> Schema:
    content: Schema = of.get("content", {}).get("application/json", {}).get("schema", {})
    return content


def _parameter(schema: Schema, parameter: Schema) -> Value:
    kind = _kind(schema, parameter["schema"])
    is_needed = bool(parameter.get("required"))
    return Value(parameter["name"], kind, is_needed, parameter.get("description", ""))


def _values(schema: Schema, shape: Schema, prefix: str = "", depth: int = DEPTH) -> Iterator[Value]:
    """The values of an object, each followed by the values inside it."""
    shape = _resolved(schema, shape)
    needed = shape.get("required", [])
    for name, inner in shape.get("properties", {}).items():
        found = _resolved(schema, inner)
        kind = _kind(schema, inner)
        yield Value(prefix + name, kind, name in needed, inner.get("description", found.get("description", "")))
        if depth:
            yield from _inside(schema, inner, prefix + name, depth - 1)


def _inside(schema: Schema, shape: Schema, name: str, depth: int) -> Iterator[Value]:
    for option in shape.get("anyOf", [shape]):
        found = _resolved(schema, option)
        if found.get("type") == "array":
            yield from _values(schema, found["items"], f"{name}[].", depth)
        elif "properties" in found:
            yield from _values(schema, found, f"{name}.", depth)


def _resolved(schema: Schema, shape: Schema) -> Schema:
    if "$ref" not in shape:
        return shape
    found: Schema = schema["components"]["schemas"][shape["$ref"].rpartition("/")[2]]
    return found


def _kind(schema: Schema, shape: Schema) -> str:
    """A value's type in words: `text`, `number or null`, `time`, `one of "a", "b"`, `list of text`, `object`."""
    if "anyOf" in shape:
        return " or ".join(dict.fromkeys(_kind(schema, option) for option in shape["anyOf"]))
    shape = _resolved(schema, shape)
    if "enum" in shape:
        return "one of " + ", ".join(f'"{value}"' for value in shape["enum"])
    if shape.get("format") == "date-time":
        return "time"
    if shape.get("type") == "array":
        return f"list of {_kind(schema, shape['items'])}".replace("list of object", "list of objects")
    return _SIMPLE.get(shape.get("type", ""), "object")
