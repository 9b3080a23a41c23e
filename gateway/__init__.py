"""Model access: providers' credentials, the catalogue of models and who may use them, and the way to the providers.

Begin with `selectors/routing.py`, which answers where a call for a model goes, and `providers/`, the pure rules.
"""
