"""Where bridges come in: the socket `/sync/v1/bridge`. `opencode.asgi` takes its address from `routing`."""
