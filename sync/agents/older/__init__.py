"""The protocol of agents up to 1.0.61: `/share_create`, `/share_sync`, the poll over a WebSocket.

`shares` has the handlers, `poll` the socket.
"""
