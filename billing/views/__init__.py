"""Pages of usage and money, below a workspace's address."""
