"""Plain HTTP over ASGI, for the routes beside Django: reading a request, answering in JSON."""
