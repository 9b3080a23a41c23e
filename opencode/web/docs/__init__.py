"""The documents of the project as pages of the console, made from the same files that the repository has.

`contents` lists them, `markdown` turns one into HTML, `documents` keeps what was made, `search` finds passages.
"""
