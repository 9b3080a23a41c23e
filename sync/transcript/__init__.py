"""A session as people read it: Markdown, code, tools, diffs, and the exports.

The door: `build_document` and `render_transcript` for pages, single fragments, the exports.
"""

from sync.render.wording import byte_size, plural
from sync.transcript.changes import ChangedFile, SessionChanges, render_changes
from sync.transcript.comparison import compare_states
from sync.transcript.document import Document, Entry, build_document, document_before, entry_of
from sync.transcript.exports import (
    Shown,
    own_sessions_part,
    session_json_pieces,
    session_markdown_pieces,
    workspace_sessions_part,
)
from sync.transcript.facts import SessionFacts, session_facts
from sync.transcript.fragments import Fragment, fragments_invalidate, fragments_of
from sync.transcript.outline import Activity, OutlineTurn, activity_of, outline_of
from sync.transcript.outputs import entry_output, render_output
from sync.transcript.page import Listed, Transcript, render_entry, render_listed, render_transcript
from sync.transcript.states import ShownState, shown_state, state_limits
from sync.transcript.workers import rendering_start, rendering_stop

__all__ = [
    "Activity",
    "ChangedFile",
    "Document",
    "Entry",
    "Fragment",
    "Listed",
    "OutlineTurn",
    "SessionChanges",
    "SessionFacts",
    "Shown",
    "ShownState",
    "Transcript",
    "activity_of",
    "build_document",
    "byte_size",
    "compare_states",
    "document_before",
    "entry_of",
    "entry_output",
    "fragments_invalidate",
    "fragments_of",
    "outline_of",
    "own_sessions_part",
    "plural",
    "render_changes",
    "render_entry",
    "render_listed",
    "render_output",
    "render_transcript",
    "rendering_start",
    "rendering_stop",
    "session_facts",
    "session_json_pieces",
    "session_markdown_pieces",
    "shown_state",
    "state_limits",
    "workspace_sessions_part",
]
