"""What is removed from the agent's data before it is stored or shown: provider options and headers, and the share."""

from typing import Any, Final

# Both come from the user's provider config and often hold API keys.
_MODEL_SECRETS: Final = frozenset({"options", "headers"})


def model_without_secrets(value: Any) -> Any:
    """A model, or anything inside one, without `options` and `headers` at any depth (variants have their own)."""
    if isinstance(value, dict):
        return {name: model_without_secrets(child) for name, child in value.items() if name not in _MODEL_SECRETS}
    if isinstance(value, list):
        return [model_without_secrets(child) for child in value]
    return value


def session_without_share(session: dict[str, Any]) -> dict[str, Any]:
    """A session's info without `share`: older agents put the secret there, and not every reader may have the link."""
    return {name: value for name, value in session.items() if name != "share"} if "share" in session else session
