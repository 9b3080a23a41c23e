"""Pages of models and providers."""
