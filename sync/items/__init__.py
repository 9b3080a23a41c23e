"""What the opencode agent shares, pure: item types and keys, merge rules, wire forms. No Django, no I/O."""
