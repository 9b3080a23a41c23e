"""The kernel: what every app uses and what knows none of them. Import its modules by name.

`errors` for refusals, `actor` for who acts, `announce` and `ports` between apps, `due` for work that waits.
"""
