"""Where readers and writers come in: WebSockets, event streams, pulls, pushes, tickets, the fragments' front.

They are shells around `sync.live`; `opencode.asgi` puts `routing`, `http` and `fragments` together.
"""
