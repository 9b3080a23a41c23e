"""Refusals as agents understand them: in the shape of each form, in words by which no agent repeats a call.

Begin at `bodies.denial_body`; `words` has the words, `passing` rewords what providers refuse.
"""
