"""The HTTP server: REST, WebSocket, server-sent events and webhooks over one Client.

`build_app` makes the ASGI application, `serve` runs it. Needs the extra `ccingest[server]`.
"""
