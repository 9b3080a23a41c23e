"""Plain HTTP over ASGI, for the routes beside Django: reading a request, answering in JSON.

Begin at `exchange`, one request; `answers` has what is sent back.
"""
