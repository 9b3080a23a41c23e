"""What a request asks for, in the words all forms share."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from gateway.providers.kinds import Form
from gateway.wire.asking.fields import Fields

Cap = Callable[[Fields, int], None]
"""Writes an output cap into the fields, wherever the form has it."""


@dataclass(frozen=True, slots=True)
class Ask:
    """`fields` are the body's. `cap` is the most output tokens of one choice, None when the request does not say.

    `floor` is what a lowered cap must stay above: the tokens that were set aside for thinking. `context` is how it asks
    to be served, as billing's prices name it. `shows_usage`: the client asked for usage in the stream. `units` are the
    most calls of each paid tool. `writes_hours`: the provider may write a cache that is kept for an hour.
    """

    form: Form
    model: str
    fields: Fields
    is_stream: bool = False
    cap: int | None = None
    floor: int = 0
    choices: int = 1
    context: Mapping[str, str] = field(default_factory=dict)
    shows_usage: bool = True
    units: Mapping[str, int] = field(default_factory=dict)
    writes_hours: bool = True
