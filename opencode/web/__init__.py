"""In front of Django's handler and above the apps: middleware, bodies, refusals, pages composed of several apps.

`pageshandler` takes a request into a thread, where it passes `middleware`; `jsonapi` puts the apps' APIs together.
"""
