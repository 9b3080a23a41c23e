"""What a request asks for: read from its top-level fields, which alone are rewritten.

Begin at `reading.ask_read`; `weight` says how much a prompt can come to, `tools` what the provider would run itself.
"""
