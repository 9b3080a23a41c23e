"""Pages of a workspace: making one, its keys, its share tokens, its settings."""
