"""Hostile inputs for benchmarks/fuzz.py.

| module | holds |
| --- | --- |
| texts | making a text by damaging others |
| samples | texts to begin with |
| targets | what reads a text: one function each |
| sites | what reads a site |
| repositories | a git server and its packs |
| services | what reads the answer of an embedding service |
| files | folders, and files of the index |
| doors | HTTP, WebSocket and webhooks |
| door_samples | requests and messages to begin with |
| agents | messages to an MCP server |
| stores | damaged homes, and the commands that read them |
| case | running cases in a process of their own |
"""
