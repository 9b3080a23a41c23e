"""Acts on running agents: which machines and agents are there, and what they wait for.

A bridge on the person's machine tells it over one outgoing socket; the console keeps it in rows and shows it.
"""
