"""Which sessions the other processes read, as they announce it. Pure: the time is passed in, in seconds."""

from collections.abc import Iterable, Sequence


class Interest:
    """The sessions by each process's channel. What is not repeated in time is forgotten, as when a process died."""

    def __init__(self) -> None:
        self._processes: dict[str, float] = {}
        self._sessions: dict[int, dict[str, float]] = {}

    def __bool__(self) -> bool:
        """Whether there is another process at all."""
        return bool(self._processes)

    def __contains__(self, session_id: int) -> bool:
        return session_id in self._sessions

    def channels(self, session_id: int) -> Sequence[str]:
        """The channels of the processes that read this session."""
        return tuple(self._sessions.get(session_id, ()))

    def hear(self, channel: str, session_ids: Iterable[int], until: float) -> None:
        """Note that the process is there and reads these sessions until then; what it announced before stays valid."""
        self._processes[channel] = until
        for session_id in session_ids:
            self._sessions.setdefault(session_id, {})[channel] = until

    def invalidate(self, now: float) -> None:
        self._processes = {channel: until for channel, until in self._processes.items() if until > now}
        kept: dict[int, dict[str, float]] = {}
        for session_id, channels in self._sessions.items():
            if alive := {channel: until for channel, until in channels.items() if until > now}:
                kept[session_id] = alive
        self._sessions = kept
