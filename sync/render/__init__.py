"""One entry of a session as HTML, pure: Markdown, code, tools, diffs. No Django, nothing of the project but its keys.

Untrusted text is parsed here only, in a process that can be killed (`child`, then `entries.render`); `sync.transcript`
sends the jobs.
"""
