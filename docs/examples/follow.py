"""Follows a session and prints every entry. It needs the package of this repository's folder `opencode_sync`:

pip install ./opencode_sync
OPENCODE_API_KEY=oc_live_… python docs/examples/follow.py http://127.0.0.1:8000/sync/v1/sessions/ses_1
"""

import asyncio
import os
import sys

from opencode_sync import SyncClient, SyncEnded


async def main(url: str) -> None:
    client = SyncClient(url, key=os.environ.get("OPENCODE_API_KEY", ""))
    async for frame in client.frames():
        for entry in frame["entries"]:
            sys.stdout.write(f"{entry['seq']} {entry['key']} {entry.get('content')}\n")
        sys.stdout.flush()


try:
    asyncio.run(main(sys.argv[1]))
except SyncEnded as ended:
    sys.exit(f"the console ended it: {ended}")
