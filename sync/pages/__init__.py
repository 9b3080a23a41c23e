"""Pages and addresses of session sync: authenticate, read, render."""
