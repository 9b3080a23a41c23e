"""A JSON Schema, written by us, of those parts of a configuration where a mistake would stop an agent.

An agent ignores keys it does not know but refuses to start over a value of the wrong type, so the same is done here:
unknown keys are warned of, wrong values refused. `says` is the sentence for a value that fits none of several shapes.
"""

from typing import Any, Final

TEXT: Final = {"type": "string"}
FLAG: Final = {"type": "boolean"}
NUMBER: Final = {"type": "number"}
COUNT: Final = {"type": "integer", "minimum": 1}
TEXTS: Final = {"type": "array", "items": TEXT}
FREE: Final = {"type": "object"}
MODEL: Final = {"type": "string", "pattern": "^[^/\\s]+/\\S+$", "says": "must read provider/model"}


def mapping(values: Any) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": values}


def fields(required: tuple[str, ...] = (), **properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(required)}


def object_or(members: Any, other: dict[str, Any], says: str) -> dict[str, Any]:
    return {"if": FREE, "then": members, "else": {**other, "says": says}}


ACTION: Final = {"enum": ["ask", "allow", "deny"]}
RULE: Final = object_or(mapping(ACTION), ACTION, "must be ask, allow or deny, or an object of patterns")
PERMISSION: Final = object_or(mapping(RULE), ACTION, "must be ask, allow or deny, or an object of tools")
COMMAND: Final = {"type": "array", "items": TEXT, "minItems": 1}
SWITCH_ONLY: Final = {"type": "object", "properties": {"enabled": FLAG}, "required": ["enabled"]}

MODEL_OF_PROVIDER: Final = fields(
    id=TEXT,
    name=TEXT,
    attachment=FLAG,
    reasoning=FLAG,
    temperature=FLAG,
    tool_call=FLAG,
    limit=fields(("context", "output"), context=NUMBER, input=NUMBER, output=NUMBER),
    cost=fields(("input", "output"), input=NUMBER, output=NUMBER, cache_read=NUMBER, cache_write=NUMBER),
    headers=mapping(TEXT),
    options=FREE,
    variants=mapping(FREE),
)
PROVIDER: Final = fields(
    name=TEXT,
    npm=TEXT,
    api=TEXT,
    id=TEXT,
    env=TEXTS,
    whitelist=TEXTS,
    blacklist=TEXTS,
    models=mapping(MODEL_OF_PROVIDER),
    options=fields(
        apiKey=TEXT,
        baseURL=TEXT,
        enterpriseUrl=TEXT,
        setCacheKey=FLAG,
        headers=mapping(TEXT),
        timeout={"anyOf": [COUNT, {"const": False}], "says": "must be a number of milliseconds, or false"},
    ),
)
AGENT: Final = fields(
    model=MODEL,
    prompt=TEXT,
    description=TEXT,
    temperature=NUMBER,
    top_p=NUMBER,
    mode={"enum": ["subagent", "primary", "all"]},
    disable=FLAG,
    hidden=FLAG,
    steps=COUNT,
    maxSteps=COUNT,
    color=TEXT,
    tools=mapping(FLAG),
    permission=PERMISSION,
    options=FREE,
)
MCP: Final = {
    "type": "object",
    "if": {"required": ["type"]},
    "then": {
        "properties": {"type": {"enum": ["local", "remote"]}},
        "allOf": [
            {
                "if": {"properties": {"type": {"const": "local"}}},
                "then": fields(("command",), command=COMMAND, environment=mapping(TEXT), enabled=FLAG, timeout=COUNT),
            },
            {
                "if": {"properties": {"type": {"const": "remote"}}},
                "then": fields(
                    ("url",),
                    url=TEXT,
                    headers=mapping(TEXT),
                    enabled=FLAG,
                    timeout=COUNT,
                    oauth=object_or(FREE, {"const": False}, "must be an object, or false"),
                ),
            },
        ],
    },
    "else": SWITCH_ONLY,
}
FORMATTER: Final = fields(disabled=FLAG, command=COMMAND, environment=mapping(TEXT), extensions=TEXTS)
LSP: Final = fields(disabled=FLAG, command=COMMAND, env=mapping(TEXT), extensions=TEXTS, initialization=FREE)

SECTIONS: Final = fields(
    logLevel={"enum": ["DEBUG", "INFO", "WARN", "ERROR"]},
    share={"enum": ["manual", "auto", "disabled"]},
    autoshare=FLAG,
    autoupdate={"enum": [True, False, "notify"]},
    model=MODEL,
    small_model=MODEL,
    default_agent=TEXT,
    username=TEXT,
    theme=TEXT,
    layout=TEXT,
    snapshot=FLAG,
    disabled_providers=TEXTS,
    enabled_providers=TEXTS,
    instructions=TEXTS,
    plugin={
        "type": "array",
        "items": {
            "anyOf": [TEXT, {"type": "array", "minItems": 1}],
            "says": "must be a package, or [package, options]",
        },
    },
    provider=mapping(PROVIDER),
    agent=mapping(AGENT),
    mode=mapping(AGENT),
    command=mapping(fields(("template",), template=TEXT, description=TEXT, agent=TEXT, model=TEXT, subtask=FLAG)),
    permission=PERMISSION,
    tools=mapping(FLAG),
    mcp=mapping(MCP),
    formatter=object_or(mapping(FORMATTER), FLAG, "must be true, false, or an object of formatters"),
    lsp=object_or(mapping(LSP), FLAG, "must be true, false, or an object of language servers"),
    server=fields(port=COUNT, hostname=TEXT, mdns=FLAG, cors=TEXTS),
    keybinds=FREE,
    tui=FREE,
    watcher=fields(ignore=TEXTS),
    enterprise=fields(url=TEXT),
    compaction=fields(auto=FLAG, prune=FLAG),
    skills=FREE,
    experimental=FREE,
)
PROPERTIES: Final[dict[str, Any]] = {"$schema": TEXT, **SECTIONS["properties"]}
SCHEMA: Final[dict[str, Any]] = {"type": "object", "properties": PROPERTIES}
KNOWN_KEYS: Final = tuple(PROPERTIES)
