"""The bridge as an npm tarball, the same bytes for the same version."""

import gzip
import io
import json
import re
import tarfile
from functools import cache
from pathlib import Path
from typing import Final

SOURCE: Final = Path(__file__).with_name("bridge.js")
NAME: Final = "console-bridge"


def _version() -> str:
    found = re.search(r'^const VERSION = "([0-9.]+)";$', SOURCE.read_text(), re.MULTILINE)
    assert found is not None, "the bridge names no version"
    return found[1]


BRIDGE_VERSION: Final = _version()
"""Agents keep what they have installed from an address, so that another bridge needs another version."""


@cache
def bridge_tarball() -> bytes:
    package = {"name": NAME, "version": BRIDGE_VERSION, "type": "module", "main": "bridge.js", "license": "MIT"}
    files = {"package/package.json": json.dumps(package, indent=2).encode(), "package/bridge.js": SOURCE.read_bytes()}
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size, member.mode = len(content), 0o644
            archive.addfile(member, io.BytesIO(content))
    return gzip.compress(packed.getvalue(), mtime=0)
