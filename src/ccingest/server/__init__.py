"""The doors for coding agents: `mcp` speaks the Model Context Protocol."""
