"""Settings: `base` and its subjects are the same on every stack; `embedded`, `production` and `test` only override.

`sources` reads the environment; every variable is a field of `sources.environment`.
"""
