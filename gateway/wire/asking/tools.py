"""Tools that the provider would run itself: what they cost is bounded by no cap, so nearly all are refused."""

from typing import Any, Final

from gateway.errors import CallMalformed, FeatureUnpriced

SEARCHES_MAX: Final = 10
_CLIENT_TOOLS: Final = frozenset({"function", "custom", "local_shell", "shell", "apply_patch"})
_CLIENT_PREFIXES: Final = ("bash_", "text_editor_", "computer_", "memory_")
_DECLARATIONS: Final = frozenset({"functionDeclarations", "function_declarations"})
_SEARCH: Final = "web_search_"


def openai_tools_check(tools: Any) -> None:
    """Raises FeatureUnpriced unless the client runs every tool itself."""
    for tool in _listed(tools):
        if tool.get("type", "function") not in _CLIENT_TOOLS:
            raise FeatureUnpriced("This call asks for a tool that the provider runs, whose cost cannot be bounded.")


def anthropic_tools_units(tools: Any) -> dict[str, int]:
    """The most calls of each paid tool: web searches with `max_uses`. Raises FeatureUnpriced for other server tools."""
    searches = 0
    for tool in _listed(tools):
        kind = tool.get("type") or "custom"
        if kind == "custom" or (isinstance(kind, str) and kind.startswith(_CLIENT_PREFIXES)):
            continue
        uses = tool.get("max_uses")
        if not isinstance(kind, str) or not kind.startswith(_SEARCH):
            raise FeatureUnpriced("This call asks for a tool that the provider runs, whose cost cannot be bounded.")
        if type(uses) is not int or not 0 < uses <= SEARCHES_MAX:
            raise FeatureUnpriced("A web search needs max_uses, a number of at most ten.")
        searches += uses
    return {"web_search": searches} if searches else {}


def google_tools_check(tools: Any) -> None:
    """Raises FeatureUnpriced unless the tools only declare functions."""
    for tool in _listed(tools):
        if tool.keys() - _DECLARATIONS:
            raise FeatureUnpriced("This call asks for a tool that the provider runs, whose cost cannot be bounded.")


def _listed(tools: Any) -> list[dict[str, Any]]:
    if tools is None:
        return []
    if not isinstance(tools, list) or not all(isinstance(tool, dict) for tool in tools):
        raise CallMalformed("The field tools must be a list of objects.")
    return tools
