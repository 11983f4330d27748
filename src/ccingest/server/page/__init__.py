"""The page: searching, reading, and managing datasets and jobs in a browser.

Pages are made at the server with Jinja2. Scripts make them live, but searching, reading and every form
work without them. Nothing is loaded from anywhere else.
"""
