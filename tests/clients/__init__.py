"""The clients against a real console."""
