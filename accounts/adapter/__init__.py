"""allauth's hooks, a module for each of its apps."""
