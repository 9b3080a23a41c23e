"""The Overview, a workspace's first page: what needs somebody, what runs, what it costs, what is left to set up."""
