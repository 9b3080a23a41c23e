"""What calls used, on disk before it is settled: it survives the process that served the call, whatever ends it.

Begin at `files.SpoolFile`, one process's own; `recovery` settles what processes that are gone left behind.
"""
