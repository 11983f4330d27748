"""Makes docs/openapi.json, the description of the HTTP API, from the server's code.

python docs/openapi.py
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

TARGET = Path(__file__).parent / "openapi.json"


def made() -> str:
    from ccingest.client import Client
    from ccingest.server.http.app import build_app
    from ccingest.server.http.options import ServerOptions

    with tempfile.TemporaryDirectory() as home, Client(home) as client:
        description = build_app(client, ServerOptions()).openapi()
    return json.dumps(description, indent=1, sort_keys=True) + "\n"


if __name__ == "__main__":
    TARGET.write_text(made(), encoding="utf8")
