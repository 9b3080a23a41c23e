"""The reading half of the protocol without a socket: which frames continue a reader's state."""

from typing import Any, NamedTuple

from opencode_sync.errors import Gap

Frame = dict[str, Any]


class Position(NamedTuple):
    """Everything up to `seq` of this epoch has been returned."""

    epoch: str
    seq: int


class SyncStream:
    """Takes each frame of a connection; returns what the reader should see, each update once and in order."""

    def __init__(self, position: Position | None = None) -> None:
        self.position = position
        self._entries: list[Frame] = []
        self._behind = False

    def take(self, frame: Frame) -> Frame | None:
        """A complete `snapshot` frame, an `updates` frame that continues the position, or None. Raises Gap."""
        match frame["type"]:
            case "welcome":
                self._begin(frame)
            case "snapshot":
                return self._snapshot(frame)
            case "updates":
                return self._updates(frame)
            case "heartbeat":
                self._compare(frame)
        return None

    def _begin(self, welcome: Frame) -> None:
        self._entries, self._behind = [], False
        if self.position and (self.position.epoch != welcome["epoch"] or self.position.seq > welcome["seq"]):
            self.position = None

    def _snapshot(self, part: Frame) -> Frame | None:
        self._entries += part["entries"]
        if part["more"]:
            return None
        whole = {**part, "entries": self._entries}
        self._entries, self._behind = [], False
        self.position = Position(part["epoch"], part["seq"])
        return whole

    def _updates(self, frame: Frame) -> Frame | None:
        if self.position is None or frame["epoch"] != self.position.epoch:
            self.position = None
            raise Gap
        seq = self.position.seq
        if frame["to"] <= seq:
            return None
        if frame["from"] > seq + 1:
            raise Gap
        self._behind = False
        self.position = Position(frame["epoch"], frame["to"])
        return {**frame, "from": seq + 1, "entries": [entry for entry in frame["entries"] if entry["seq"] > seq]}

    def _compare(self, heartbeat: Frame) -> None:
        """A head that stays ahead for a whole heartbeat means that an update was lost without a visible gap."""
        is_behind = self.position is not None and heartbeat["seq"] > self.position.seq
        if is_behind and self._behind:
            raise Gap
        self._behind = is_behind
