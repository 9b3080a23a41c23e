"""Warming cold sessions: from their snapshot into rows, once, for all callers that wait for them.

The other way is `cooling`; what agents send meanwhile is kept by `holding` and merged by `held`.
"""

from sync.archive.cold.gate import WARM_SECONDS, warm_begin, warm_wait
from sync.archive.cold.reads import READ_ATTEMPTS, read_warm
from sync.archive.cold.rows import session_warm

__all__ = ["READ_ATTEMPTS", "WARM_SECONDS", "read_warm", "session_warm", "warm_begin", "warm_wait"]
