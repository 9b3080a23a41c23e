"""Pages of a workspace, one module per noun; `agents` answers signed-in agents, in JSON."""
