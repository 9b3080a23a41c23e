"""Pages of our own beside allauth's: the first owner's arrival, signed-in devices."""
