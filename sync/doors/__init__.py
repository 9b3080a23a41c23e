"""Where readers and writers come in: WebSockets, event streams, pulls, pushes, tickets, the fragments' front.

Shells around `sync.live`; `routing`, `http` and `fragments` are put together in `opencode.asgi`.
"""
