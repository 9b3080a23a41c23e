"""The protocol of agents before that: `/share_create`, `/share_sync`, the poll over a WebSocket."""
