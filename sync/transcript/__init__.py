"""A session's entries to pages, fragments and exports. Every entry is untrusted; nothing here reads the database."""
