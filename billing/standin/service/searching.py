"""Search: `metadata['workspace']:'wrk_1' AND created>1700000000`, as far as it is needed: AND, equality, comparison."""

import re
from typing import Any, Final

from billing.standin.sandbox import Object, Sandbox, invalid

CLAUSE: Final = re.compile(
    r"""\s*(-?)(\w+)(?:\[(?:'([^']*)'|"([^"]*)")\])?\s*(:|>=|<=|>|<)\s*(?:'([^']*)'|"([^"]*)"|([\w.-]+))\s*(AND\b|$)""",
    re.IGNORECASE,
)
QUERY_CHARACTERS: Final = 2_000


def search(sandbox: Sandbox, kind: str, given: Object, url: str) -> Object:
    """The objects a query finds, newest first; `page` is the position to go on from."""
    clauses = _clauses(given["query"])
    limit, start = given.get("limit", 10), int(given.get("page") or 0)
    found = [record for record in sandbox.every(kind) if all(_fits(record, clause) for clause in clauses)]
    more = len(found) > start + limit
    next_page = str(start + limit) if more else None
    return {
        "object": "search_result",
        "data": found[start : start + limit],
        "has_more": more,
        "next_page": next_page,
        "url": url,
    }


def _clauses(query: str) -> list[tuple[bool, str, str | None, str, str]]:
    clauses, position = [], 0
    while position < len(query):
        match = CLAUSE.match(query, position) if len(query) <= QUERY_CHARACTERS else None
        if match is None:
            raise invalid("We were unable to parse your search query.", param="query")
        minus, field, single, double, operator, *values, _ = match.groups()
        key = single if single is not None else double
        value = next((each for each in values if each is not None), "")
        clauses.append((minus == "-", field, key, operator, value))
        position = match.end()
    return clauses


def _fits(record: Object, clause: tuple[bool, str, str | None, str, str]) -> bool:
    negated, field, key, operator, wanted = clause
    value: Any = (record.get(field) or {}).get(key) if key is not None else record.get(field)
    if operator == ":":
        text = (
            {True: "true", False: "false", None: "null"}.get(value, str(value)) if not isinstance(value, dict) else ""
        )
        return (text.lower() == wanted.lower()) != negated
    try:
        left, right = int(value), int(wanted)
    except (TypeError, ValueError):
        return False
    return {">": left > right, "<": left < right, ">=": left >= right, "<=": left <= right}[operator] != negated
