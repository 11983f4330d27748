"""Texts for agents that use the shell: a part of AGENTS.md, and a skill."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path

from ccingest.errors import UsageError
from ccingest.server.mcp.install.clients import Place
from ccingest.values import dataclass

_BEGIN, _END = "<!-- begin: ccingest -->", "<!-- end: ccingest -->"


@dataclass(frozen=True)
class AgentText:
    """A Markdown file that agents read. A `shared` one has parts of others in it."""

    name: str
    title: str
    address: str
    paths: Mapping[Place, str]
    shared: bool

    def path(self, place: Place, folder: Path) -> Path:
        """Raises UsageError when there is none of that kind."""
        if place not in self.paths:
            (other,) = self.paths
            raise UsageError(f"{self.title} is of a {other}, and not of the {place}.")
        return (folder if place == "project" else Path.home()) / self.paths[place]

    def with_ours(self, text: str) -> str:
        """The content of the file with our text in it, at the end if it is new."""
        if not self.shared:
            return _read("skill.md") + _read("agents.md")
        ours = f"{_BEGIN}\n{_read('agents.md')}{_END}\n"
        before, found, rest = text.partition(_BEGIN)
        if found:
            return before + ours + rest.partition(_END)[2].removeprefix("\n")
        gap = "" if not text else "\n" if text.endswith("\n") else "\n\n"
        return text + gap + ours

    def without_ours(self, text: str) -> str:
        """The content of the file without our text; empty when there was nothing else."""
        if not self.shared:
            return ""
        before, found, rest = text.partition(_BEGIN)
        if not found:
            return text
        after = rest.partition(_END)[2].removeprefix("\n")
        return before.removesuffix("\n") + after if before.endswith("\n\n") else before + after


def _read(name: str) -> str:
    return (files("ccingest.server.mcp.install") / name).read_text(encoding="utf-8")


TEXTS: Mapping[str, AgentText] = {
    one.name: one
    for one in (
        AgentText(
            "agents-md",
            "AGENTS.md",
            "https://agents.md",
            {"project": "AGENTS.md"},
            shared=True,
        ),
        AgentText(
            "skill",
            "The skill",
            "https://agentskills.io/specification",
            {
                "user": ".claude/skills/ccingest/SKILL.md",
                "project": ".claude/skills/ccingest/SKILL.md",
            },
            shared=False,
        ),
    )
}
