"""One entry of a session as HTML, pure: Markdown, code, tools, diffs. No Django, nothing of the project but its keys.

What strangers wrote is parsed here and nowhere else, in a process that can be killed (`child`); `sync.transcript` asks.
"""
