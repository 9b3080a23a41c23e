"""Plain HTTP exchanges over ASGI, for the routes that stand beside Django: reading a request, answering in JSON."""
