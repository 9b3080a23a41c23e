"""What only developers run: private servers for tests and for trying the server stack."""
