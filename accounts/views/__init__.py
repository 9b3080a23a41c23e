"""Pages of our own beside allauth's."""
