"""`manage.py replay_traffic FILE`: replays recorded agent traffic into a running console, for demos and tests.

Exit codes: 0 everything was accepted, 1 the server refused some of it, 2 the file or an option is unusable, 3 no server
answers.
"""

import json
import time
from argparse import ArgumentParser
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from opencode.lib.ids import random_base62
from opencode.lib.progress import ProgressBar
from sync.items.recordings import Call, Recorded, RecordingUnreadable, Replay, Skipped, read_recording, session_ids_of
from sync.management.sending import Sender, ServerUnreachable

REFUSED, UNUSABLE, UNREACHABLE = 1, 2, 3
# A recording may contain a break of hours; the replay shortens it.
LONGEST_PAUSE_SECONDS: Final = 30.0


class Command(BaseCommand):
    help = "Play recorded agent traffic into a running console, at the recorded pace or faster."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="The recording: one JSON object a line")
        parser.add_argument("--speed", type=float, default=1.0, help="How many times as fast as recorded (1)")
        parser.add_argument("--server", default=settings.PUBLIC_URL, help="The console's address (%(default)s)")
        parser.add_argument("--token", default="", help="A workspace's share token: the session appears there")
        parser.add_argument("--fresh", action="store_true", help="Give the sessions new ids, to play a file again")
        parser.add_argument("--keep", action="store_true", help="Leave out the unshares, so that the links stay")
        parser.add_argument("--json", action="store_true", help="Print one JSON object at the end and no progress")

    def handle(self, *args: Any, **options: Any) -> None:
        if not 0 < options["speed"] <= 10_000:
            raise CommandError("--speed must be above 0, at most 10000", returncode=UNUSABLE)
        requests = _requests_of(options["file"])
        fresh = {id_: f"ses_{random_base62(144)}" for id_ in session_ids_of(requests)} if options["fresh"] else {}
        self.stderr.style_func = None  # progress is no error: not in red
        bar = None if options["json"] else ProgressBar(self.stderr, len(requests))
        try:
            sender = Sender(options["server"], options["token"])
            played = _Play(sender, Replay(fresh), bar, keep=options["keep"])
            played.run(requests, options["speed"])
        except ServerUnreachable as error:
            raise CommandError(f"{error}", returncode=UNREACHABLE) from error
        self._report(played, as_json=options["json"])

    def _report(self, played: "_Play", *, as_json: bool) -> None:
        result = {
            "sent": played.sent,
            "refused": played.refused,
            "skipped": played.skipped,
            "links": played.replay.links,
        }
        if as_json:
            self.stdout.write(json.dumps(result))
        else:
            self.stdout.write(f"{played.sent} sent, {played.refused} refused, {played.skipped} skipped")
        if played.refused:
            raise CommandError("The server refused part of the recording", returncode=REFUSED)


class _Play:
    """One replay of a recording, with its counts."""

    def __init__(self, sender: Sender, replay: Replay, bar: ProgressBar | None, *, keep: bool) -> None:
        self.sender = sender
        self.replay = replay
        self.bar = bar
        self.keep = keep
        self.sent = self.refused = self.skipped = 0

    def run(self, requests: list[Recorded], speed: float) -> None:
        pauses = [0.0, *(_pause(earlier, later) / speed for earlier, later in pairwise(requests))]
        left = sum(pauses)
        for done, (request, pause) in enumerate(zip(requests, pauses, strict=True), 1):
            time.sleep(pause)
            left -= pause
            self._play(done, request)
            if self.bar:
                self.bar.show(done, left)
        if self.bar:
            self.bar.end()

    def _play(self, line: int, request: Recorded) -> None:
        call = self.replay.call_of(request)
        if isinstance(call, Call) and call.ends and self.keep:
            call = Skipped("--keep leaves the links alone")
        if isinstance(call, Skipped):
            self.skipped += 1
            self._note(f"Request {line}, {request.method} {request.path}: skipped, {call.reason}")
            return
        reply = self.sender.send(call.method, call.path, call.body)
        self.sent += 1
        if reply.status >= 400:
            self.refused += 1
            self._note(f"Request {line}, {request.method} {request.path}: refused, {reply.refusal}")
        elif call.creates:
            self._note(f"Watch it at {self.replay.learn(request, reply.value)}")

    def _note(self, text: str) -> None:
        if self.bar:
            self.bar.note(text)


def _pause(earlier: Recorded, later: Recorded) -> float:
    return min(max(0.0, later.t - earlier.t), LONGEST_PAUSE_SECONDS)


def _requests_of(file: Path) -> list[Recorded]:
    try:
        with file.open(encoding="utf-8") as lines:
            return read_recording(lines)
    except RecordingUnreadable as error:
        raise CommandError(f"{file} is no recording: {error}", returncode=UNUSABLE) from error
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"{file} cannot be read: {error}", returncode=UNUSABLE) from error
