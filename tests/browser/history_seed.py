"""A session with two snapshots in the first workspace there is: `server.ask("tests.browser.history_seed")`."""

import json
import os
import sys

import django


def seed() -> dict[str, str]:
    from sync.archive.snapshots.writing import snapshot_write
    from tests.support.transcripts import CLIENT_ID, CONVERSATION, FIRST_TEXT, make_session, publish
    from workspaces.models import Workspace

    workspace = Workspace.objects.get()
    session = publish(make_session(workspace=workspace), CONVERSATION)
    snapshot_write(session_id=session.pk)
    publish(session, {FIRST_TEXT: {"type": "text", "text": "A long line that goes on " * 12}})
    snapshot_write(session_id=session.pk)
    return {"path": f"/workspaces/{workspace.slug}/sessions/{CLIENT_ID}/snapshots/"}


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "opencode.settings.embedded")
    django.setup()
    sys.stdout.write(json.dumps(seed()) + "\n")


if __name__ == "__main__":
    main()
