"""What an answer says as it passes: its usage, its errors, whether its end is one that clients understand.

Begin at `watching.watcher_for`, for streams, and `plain.plain_read`, for answers in one piece; `events` splits streams.
"""
