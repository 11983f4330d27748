"""Which clients there are, and where and how each keeps its servers.

Checked in November 2026 against what `address` of each says.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import field
from pathlib import Path
from typing import Any, Literal, TypeAlias

from ccingest.errors import UsageError
from ccingest.values import dataclass

Place: TypeAlias = Literal["user", "project"]
NAME = "ccingest"  # of our server, in each of them


@dataclass(frozen=True)
class McpClient:
    """A program with an agent. `paths` are in the user's home, or in a project's folder."""

    name: str
    title: str
    address: str  # of its documentation
    paths: Mapping[Place, str]
    key: str = "mcpServers"  # what holds the servers, by name
    is_toml: bool = False
    extra: Mapping[str, Any] = field(default_factory=dict)  # beside command, args and env
    home: str = ""  # a variable that moves the user's file: the folder that it is in

    def path(self, place: Place, folder: Path, environ: Mapping[str, str] = os.environ) -> Path:
        """The file. Raises UsageError when the client has none of that kind."""
        if place not in self.paths:
            (other,) = self.paths
            raise UsageError(f"{self.title} has no file for a {place}, but one for the {other}.")
        if place == "project":
            return folder / self.paths["project"]
        own = environ.get(self.home, "") if self.home else ""
        if own:
            return Path(own).expanduser() / Path(self.paths["user"]).name
        return _user_folder(self.name, environ) / self.paths["user"]


def _user_folder(name: str, environ: Mapping[str, str]) -> Path:
    """Most keep to the home; VS Code and Zed to where the system puts settings."""
    if name not in ("vscode", "zed"):
        return Path.home()
    if sys.platform == "win32":
        return Path(environ.get("APPDATA") or Path.home() / "AppData" / "Roaming")
    if sys.platform == "darwin" and name == "vscode":
        return Path.home() / "Library" / "Application Support"
    return Path(environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")


CLIENTS: Mapping[str, McpClient] = {
    one.name: one
    for one in (
        McpClient(
            "claude-code",
            "Claude Code",
            "https://code.claude.com/docs/en/mcp",
            {"user": ".claude.json", "project": ".mcp.json"},
            extra={"type": "stdio"},
            home="CLAUDE_CONFIG_DIR",
        ),
        McpClient(
            "codex",
            "Codex",
            "https://developers.openai.com/codex/mcp",
            {"user": ".codex/config.toml", "project": ".codex/config.toml"},
            key="mcp_servers",
            is_toml=True,
            home="CODEX_HOME",
        ),
        McpClient(
            "cursor",
            "Cursor",
            "https://cursor.com/docs/mcp",
            {"user": ".cursor/mcp.json", "project": ".cursor/mcp.json"},
        ),
        McpClient(
            "vscode",
            "VS Code",
            "https://code.visualstudio.com/docs/agents/reference/mcp-configuration",
            {"user": "Code/User/mcp.json", "project": ".vscode/mcp.json"},
            key="servers",
            extra={"type": "stdio"},
        ),
        McpClient(
            "gemini",
            "Gemini CLI",
            "https://geminicli.com/docs/tools/mcp-server/",
            {"user": ".gemini/settings.json", "project": ".gemini/settings.json"},
        ),
        McpClient(
            "zed",
            "Zed",
            "https://zed.dev/docs/ai/mcp",
            {"user": "zed/settings.json"},
            key="context_servers",
        ),
        McpClient(
            "windsurf",
            "Windsurf",
            "https://docs.windsurf.com/windsurf/cascade/mcp",
            {"user": ".codeium/windsurf/mcp_config.json"},
        ),
    )
}
