"""Pages and addresses of session sync. They authenticate, read and render."""
