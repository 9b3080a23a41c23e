"""A session's state as pages show it: one piece of HTML for lists and headers, which `session-state.js` keeps true."""

from dataclasses import dataclass
from datetime import UTC, datetime

from django.utils.safestring import SafeString, mark_safe

from sync.protocol.state import AGENT_STATES, SessionState
from sync.store import patience


@dataclass(frozen=True, slots=True)
class ShownState:
    """The state's word, and for a page that is left open what the rule needs to go on.

    `lost_after` is in seconds after `since`, the time of the last update; 0 when nothing more changes by itself.
    """

    word: SessionState
    since: datetime
    lost_after: int = 0

    @property
    def attributes(self) -> SafeString:
        """The attributes of the element that holds the dot and the badge, inside one with `limits`."""
        given = f'data-state="{self.word}"'
        if self.lost_after:
            given += f' data-since="{self.since.timestamp():.0f}"'
            given += f' data-lost="{self.lost_after}"' if self.lost_after != _lost_after(has_open_tool=False) else ""
        return _safe(given)

    @property
    def limits(self) -> SafeString:
        return state_limits()

    @property
    def badge(self) -> SafeString:
        return _safe(f'<span class="badge state">{self.word}</span>')

    @property
    def since_words(self) -> SafeString:
        """Since when nothing came; the stylesheet shows it while the state is quiet or lost. Empty for ended agents."""
        since = self.since.astimezone(UTC)
        exact = since.isoformat(timespec="milliseconds")
        words = (
            f'since <time datetime="{exact}" title="{since:%Y-%m-%d %H:%M:%S} UTC">{since:%Y-%m-%d %H:%M} UTC</time>'
        )
        return _safe(f'<span class="state-since">{words}</span>' if self.lost_after else "")


def shown_state(state: SessionState, since: datetime, *, has_open_tool: bool) -> ShownState:
    """`since` is the time of the session's last update."""
    return ShownState(state, since, _lost_after(has_open_tool) if state in AGENT_STATES else 0)


def state_limits() -> SafeString:
    """The attributes of an element around states: after how many seconds each turns quiet, and lost unless it says."""
    quiet_after = int(patience().quiet.total_seconds())
    return _safe(f'data-quiet="{quiet_after}" data-lost="{_lost_after(has_open_tool=False)}"')


def _lost_after(has_open_tool: bool) -> int:
    return int(patience().lost_after(has_open_tool).total_seconds())


def _safe(html: str) -> SafeString:
    # Only the state's word, digits and our own text: nothing to escape.
    return mark_safe(html)  # noqa: S308
