"""Pages of steering: a person's machines, and the bridge as a download."""
