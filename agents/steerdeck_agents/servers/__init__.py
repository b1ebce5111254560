"""MCP servers of one session: started after consent, their tools pinned, their failures named."""
