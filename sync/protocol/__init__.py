"""The sync protocol, pure: keys, updates, frames, codes. No Django, no I/O."""
