"""The four wire forms of model calls, as pure functions on bytes: no Django, no I/O.

Begin at `paths.target_of` (which call an address is), `asking` (what a request asks for, and the body that is sent on),
`answering` (what an answer says as it passes: usage, errors, its end) and `denying` (refusals in each form's shape).
"""
