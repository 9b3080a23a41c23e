"""How much a prompt can come to: a byte of text is a token at most, pictures have a maximum, references have none."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from gateway.providers.kinds import Form
from gateway.wire.asking.fields import Fields, value_of

PICTURE_TOKENS: Final = {Form.CHAT: 50_000, Form.RESPONSES: 50_000, Form.MESSAGES: 5_000, Form.GENERATE: 5_000}
"""The most tokens of one picture. OpenAI's smallest models count one of the largest as 48,169."""
HIDDEN_TOKENS: Final = 1_000
"""What providers add to a prompt themselves, as for tools."""
TYPICAL_BYTES: Final = (43, 10)
"""A token of an agent's prompts has 4.3 bytes; only estimates use this."""
TYPICAL_PICTURE: Final = 1_500
_PROMPTS: Final = ("messages", "input", "contents", "system", "instructions", "systemInstruction", "system_instruction")
_REFERENCES: Final = ("previous_response_id", "conversation", "prompt", "cachedContent", "cached_content", "container")
_RESOLVED: Final = frozenset(
    {"file_id", "file_url", "fileUri", "file_uri", "fileData", "file_data", "input_audio", "audio", "video_url"}
)
_RESOLVED_TYPES: Final = frozenset({"item_reference", "document", "container_upload", "input_file", "file"})
_INLINE: Final = ("inlineData", "inline_data")
_PICTURES: Final = frozenset({"image_url", "input_image"})
_TOOL_USES: Final = frozenset({"tool_use", "server_tool_use"})
_TOOL_INPUT: Final = frozenset({"input"})
_TOOL_PARTS: Final = frozenset({"functionCall", "function_call", "args", "response"})


@dataclass(frozen=True, slots=True)
class Weight:
    """`text_bytes` are all bytes but those of pictures in base64. `is_open`: only the model's context bounds it."""

    text_bytes: int
    pictures: int = 0
    is_open: bool = False
    picture_tokens: int = 0

    def most(self, context: int) -> int:
        """Tokens that the prompt cannot exceed, for a model with so large a context."""
        if self.is_open:
            return context
        return min(context, self.text_bytes + HIDDEN_TOKENS + self.pictures * self.picture_tokens)

    def typical(self, context: int) -> int:
        """About how many tokens it has: for an answer whose usage is never reported."""
        parts, by = TYPICAL_BYTES
        return max(1, min(context, self.text_bytes * by // parts + self.pictures * TYPICAL_PICTURE))


def weight_of(form: Form, fields: Fields, size: int) -> Weight:
    """The weight of a body of `size` bytes. What the provider fetches or unpacks itself makes it open."""
    is_open = any(value_of(fields, name) is not None for name in _REFERENCES)
    pictures = encoded = 0
    for part in _objects([value_of(fields, name) for name in _PROMPTS if name in fields]):
        if _is_open(part):
            is_open = True
        elif (inline := _picture_bytes(part)) is not None:
            pictures += 1
            encoded += inline
    return Weight(max(0, size - encoded), pictures, is_open, PICTURE_TOKENS[form])


def _objects(values: list[Any]) -> Iterator[Mapping[str, Any]]:
    """All objects of a prompt, without the arguments and results of tools: those are text, whatever they look like."""
    waiting = values
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            yield value
            skipped = _TOOL_INPUT if value.get("type") in _TOOL_USES else _TOOL_PARTS
            waiting.extend(
                each for name, each in value.items() if name not in skipped and isinstance(each, dict | list)
            )
        elif isinstance(value, list):
            waiting.extend(each for each in value if isinstance(each, dict | list))


def _is_open(part: Mapping[str, Any]) -> bool:
    """Whether the part stands for something that is not in the body, or is no picture and no text."""
    kind = part.get("type")
    if kind in _RESOLVED_TYPES or not _RESOLVED.isdisjoint(part):
        return True
    if any(_is_no_picture(part[name]) for name in _INLINE if name in part):
        return True
    if kind == "image":
        source = part.get("source")
        return not isinstance(source, dict) or source.get("type") != "base64"
    return kind in _PICTURES and not _address(part).startswith("data:image/")


def _is_no_picture(inline: Any) -> bool:
    kind = inline.get("mimeType", inline.get("mime_type")) if isinstance(inline, dict) else None
    return not isinstance(kind, str) or not kind.startswith("image/")


def _address(part: Mapping[str, Any]) -> str:
    """The address of a picture in OpenAI's forms."""
    found = part.get("image_url")
    if isinstance(found, dict):
        found = found.get("url")
    return found if isinstance(found, str) else ""


def _picture_bytes(part: Mapping[str, Any]) -> int | None:
    """The characters of the base64 of a picture that is in this part; None where there is none."""
    kind = part.get("type")
    if kind in _PICTURES:
        return len(_address(part))
    if kind == "image":
        return _length(part["source"])
    found = next((part[name] for name in _INLINE if name in part), None)
    return None if found is None else _length(found)


def _length(source: Mapping[str, Any]) -> int:
    data = source.get("data")
    return len(data) if isinstance(data, str) else 0
