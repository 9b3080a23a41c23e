"""A stand-in for Stripe: the part of its API that billing uses, with test cards, events and pages to pay on.

No request leaves the machine and no money moves. It runs as a process of its own, reached by `STRIPE_API_HOST`, and
knows nothing of Django or of the console's rows. `sandbox` keeps the objects, `parameters` checks what callers send
against the types of Stripe's SDK, `objects` has a module for each kind of object, `service` answers a request without
any sockets, and `web` is the server around it: HTTP, pages, webhooks, the file.
"""
