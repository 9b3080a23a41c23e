"""In front of Django's handler and above the apps: middleware, bodies, refusals, pages composed of several apps."""
