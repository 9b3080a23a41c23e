"""The group-commit writer: gathers waiting publishes of all sessions and commits them in one transaction."""

from sync.writer.publish import Publish, SessionCommit
from sync.writer.queue import Writer

__all__ = ["Publish", "SessionCommit", "Writer"]
