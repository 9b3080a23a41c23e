"""What a tool call put out: a page of it as HTML, or all of it as it is.

Made anew for each reader and never cached: readers may be shown different texts of one entry.
"""

from django.utils.safestring import SafeString, mark_safe

from opencode.lib.errors import ServiceUnavailable
from sync.errors import EntryTooLarge
from sync.render.entries import OUTPUT_BYTES, Job, Rendered
from sync.render.html import NOTHING
from sync.transcript.document import Entry
from sync.transcript.page import Transcript
from sync.transcript.workers.pool import POOL, Outcome, Task


def render_output(entry: Entry, epoch: str, chunk: int) -> Transcript:
    """Page `chunk` of the output, counted from 0, or the last page; without messages for what is no tool call."""
    html = _rendered(entry, epoch, "output", chunk).text
    nothing = SafeString(NOTHING)
    return Transcript(mark_safe(html), nothing, nothing, nothing, nothing, ())  # noqa: S308 - it comes escaped


def entry_output(entry: Entry, epoch: str) -> str:
    """All of the output; empty for what is no tool call. Raises EntryTooLarge and ServiceUnavailable."""
    return _rendered(entry, epoch, "raw", 0).text


def _rendered(entry: Entry, epoch: str, form: str, chunk: int) -> Rendered:
    task = Task(None, lambda: Job(form, entry.key, entry.seq, entry.content, chunk=chunk))
    outcome: Outcome = POOL.render(epoch, [task], POOL.patience())[0]
    if outcome.rendered is not None:
        return outcome.rendered
    if outcome.waits:
        raise ServiceUnavailable(retry_after=1)
    raise EntryTooLarge("This output is too large to be shown; the JSON export has it.", limit=OUTPUT_BYTES)
