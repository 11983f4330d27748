"""Setting up the clients: what is written, what stays as it is, and what a client reads of it."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
import tomlkit

from ccingest.errors import UsageError
from ccingest.models import ClientSetup
from ccingest.server.mcp import install as setting_up
from ccingest.server.mcp.install import TARGETS, Target, jsonc, uninstall
from ccingest.server.mcp.install.clients import CLIENTS

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

JSON_CLIENTS = [name for name, one in CLIENTS.items() if not one.is_toml]
COMMENTED = """\
// Zed settings
{
\t"theme": "One Dark", /* mine */
\t"context_servers": {
\t\t// "old": {},
\t\t"other": {"command": "npx", "args": ["-y", "x"]}, // keep
\t},
\t"tab_size": 4, // "},{"
}
"""
TOML = """\
# my settings
model = "gpt-9"   # the newest

[mcp_servers.other]
command = "npx"   # keep
args = ["-y", "x"]

[profiles.fast]
model = "small"
"""


def install(target: Target, *arguments: str, write: bool = True) -> ClientSetup:
    return setting_up.install(target, ["/opt/bin/ccingest"], arguments, write=write)


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("CLAUDE_CONFIG_DIR", "CODEX_HOME", "XDG_CONFIG_HOME", "CCINGEST_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "me"))
    monkeypatch.setattr(sys, "platform", "linux")
    return tmp_path / "me"


@pytest.mark.parametrize("name", TARGETS)
@pytest.mark.parametrize("place", ["user", "project"])
def test_what_is_written_is_taken_back(name: str, place: str, tmp_path: Path) -> None:
    target = Target(name, place, tmp_path / "work")  # type: ignore[arg-type]
    try:
        shown = install(target, write=False)
    except UsageError as error:
        assert (name, place) in {  # noqa: PT017
            ("zed", "project"), ("windsurf", "project"), ("agents-md", "user"),
        }, error  # fmt: skip
        return
    assert shown.action == "added"
    assert not shown.path.exists()
    done = install(target)
    assert done == shown
    assert done.path.read_text(encoding="utf-8") == done.text
    assert install(target).action == "unchanged"
    assert uninstall(target, write=False).action == "removed"
    assert uninstall(target).action == "removed"
    assert uninstall(target).action == "unchanged"
    left = done.path.read_text() if done.path.exists() else ""
    assert "ccingest" not in left


def test_where_each_client_keeps_its_servers(own_home: Path, tmp_path: Path) -> None:
    """The paths and keys of their documents, see `address` of each."""
    found = {}
    for name, one in CLIENTS.items():
        for place in one.paths:
            path = one.path(place, tmp_path)
            root = own_home if place == "user" else tmp_path
            found[name, place] = (str(path.relative_to(root)), one.key)
    assert found == {
        ("claude-code", "user"): (".claude.json", "mcpServers"),
        ("claude-code", "project"): (".mcp.json", "mcpServers"),
        ("codex", "user"): (".codex/config.toml", "mcp_servers"),
        ("codex", "project"): (".codex/config.toml", "mcp_servers"),
        ("cursor", "user"): (".cursor/mcp.json", "mcpServers"),
        ("cursor", "project"): (".cursor/mcp.json", "mcpServers"),
        ("vscode", "user"): (".config/Code/User/mcp.json", "servers"),
        ("vscode", "project"): (".vscode/mcp.json", "servers"),
        ("gemini", "user"): (".gemini/settings.json", "mcpServers"),
        ("gemini", "project"): (".gemini/settings.json", "mcpServers"),
        ("zed", "user"): (".config/zed/settings.json", "context_servers"),
        ("windsurf", "user"): (".codeium/windsurf/mcp_config.json", "mcpServers"),
    }


@pytest.mark.parametrize("name", JSON_CLIENTS)
def test_a_client_reads_how_to_start_the_server(
    name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("CCINGEST_HOME", str(tmp_path / "data"))
    done = install(Target(name), "--read-only")
    entry = json.loads(done.text)[CLIENTS[name].key]["ccingest"]
    assert entry["command"] == "/opt/bin/ccingest"
    assert entry["args"] == ["mcp", "--read-only"]
    assert entry["env"] == {"CCINGEST_HOME": str(tmp_path / "data")}
    assert entry.get("type", "stdio") == "stdio"


def test_a_file_for_others_has_no_path_of_this_machine(tmp_path: Path) -> None:
    done = install(Target("claude-code", "project", tmp_path))
    entry = json.loads(done.text)["mcpServers"]["ccingest"]
    assert entry == {"type": "stdio", "command": "ccingest", "args": ["mcp"]}


def test_comments_and_all_else_in_json_stay(own_home: Path) -> None:
    path = own_home / ".config/zed/settings.json"
    path.parent.mkdir(parents=True)
    path.write_text(COMMENTED, encoding="utf-8")
    done = install(Target("zed"))
    assert done.action == "added"
    after = path.read_text(encoding="utf-8")
    assert [line for line in COMMENTED.splitlines() if line not in after.splitlines()] == []
    assert jsonc.get(after, ("context_servers", "ccingest", "args"))[-1] == "mcp"
    assert jsonc.get(after, ("context_servers", "other", "command")) == "npx"
    assert jsonc.get(after, ("tab_size",)) == 4
    install(Target("zed"), "--read-only")
    assert jsonc.get(path.read_text(), ("context_servers", "ccingest", "args"))[-1] == "--read-only"
    uninstall(Target("zed"))
    assert jsonc.get(path.read_text(), ("context_servers",)) == {
        "other": {"command": "npx", "args": ["-y", "x"]}
    }
    assert path.read_text() == COMMENTED


def test_comments_and_all_else_in_toml_stay(own_home: Path) -> None:
    path = own_home / ".codex/config.toml"
    path.parent.mkdir(parents=True)
    path.write_text(TOML, encoding="utf-8")
    install(Target("codex"), "--project", "work")
    after = path.read_text(encoding="utf-8")
    assert [line for line in TOML.splitlines() if line not in after.splitlines()] == []
    read = tomllib.loads(after)
    assert read["mcp_servers"]["ccingest"]["args"][-3:] == ["mcp", "--project", "work"]
    assert read["mcp_servers"]["other"]["command"] == "npx"
    assert read["profiles"]["fast"]["model"] == "small"
    uninstall(Target("codex"))
    assert path.read_text(encoding="utf-8") == TOML


@pytest.mark.parametrize(
    "text",
    [
        "", "  \n", "{}", '{"mcpServers": {}}', '{"mcpServers": {},}', '{"a": [1, {"b": 2}]}',
        '{\n  "mcpServers": {\n    "a": {"x": "}"}\n  }\n}\n', '{"mcpServers":{"a":{},"b":{}}}',
        '\ufeff{"a": "\\u0022}"}', "// c\n{ // d\n}\n", '{"mcpServers": {/* none */}}',
        '{\r\n  "mcpServers": {\r\n    "a": 1\r\n  }\r\n}\r\n', '{"mcpServers": {"ccingest": 1}}',
    ],
)  # fmt: skip
def test_a_member_of_json_is_put_and_removed(text: str) -> None:
    path = ("mcpServers", "ccingest")
    after = jsonc.put(text, path, {"args": ["é", "{"]})
    assert jsonc.get(after, path) == {"args": ["é", "{"]}
    assert jsonc.put(after, path, {"args": ["é", "{"]}) == after
    removed = jsonc.remove(after, path)
    assert jsonc.get(removed, path) is None
    for key in ("a", "b"):
        before = jsonc.get(text, ("mcpServers", key)) if text.strip() else None
        assert jsonc.get(removed, ("mcpServers", key)) == before
    if "mcpServers" in text and "ccingest" not in text and "none" not in text:
        assert removed == text


@pytest.mark.parametrize(
    ("text", "line"), [("{", 1), ('{\n"a" 1}', 2), ("[1", 1), ('{"a": 1}\n\nx', 3), ("[]", 1)]
)
def test_a_file_that_is_no_json_stays_as_it_is(text: str, line: int, own_home: Path) -> None:
    path = own_home / ".cursor/mcp.json"
    path.parent.mkdir(parents=True)
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=f"mcp.json: line {line} is no JSON; correct it first"):
        install(Target("cursor"))
    assert path.read_text(encoding="utf-8") == text


def test_a_link_to_the_file_stays_one_and_its_permissions_too(own_home: Path) -> None:
    real = own_home / "dotfiles" / "cursor.json"
    real.parent.mkdir(parents=True)
    real.write_text('{"mcpServers": {}}', encoding="utf-8")
    real.chmod(0o600)
    link = own_home / ".cursor" / "mcp.json"
    link.parent.mkdir()
    link.symlink_to(real)
    install(Target("cursor"))
    assert link.is_symlink()
    assert "ccingest" in real.read_text(encoding="utf-8")
    assert real.stat().st_mode & 0o777 == 0o600


def test_the_part_of_agents_md_is_replaced_in_its_place(tmp_path: Path) -> None:
    path = tmp_path / "AGENTS.md"
    path.write_text("# Ours\n\nBe kind.\n", encoding="utf-8")
    target = Target("agents-md", None, tmp_path)
    install(target)
    text = path.read_text(encoding="utf-8")
    assert text.startswith("# Ours\n\nBe kind.\n\n<!-- begin: ccingest -->\n## Searching code\n")
    path.write_text(text.replace("indexed repositories", "old words") + "\n## More\n")
    assert install(target).action == "updated"
    assert path.read_text() == text + "\n## More\n"
    uninstall(target)
    assert path.read_text() == "# Ours\n\nBe kind.\n\n## More\n"


def test_the_skill_is_one(own_home: Path) -> None:
    done = install(Target("skill"))
    assert done.path == own_home / ".claude/skills/ccingest/SKILL.md"
    _, head, body = done.text.split("---\n", 2)
    fields = dict(line.split(": ", 1) for line in head.splitlines())
    assert fields["name"] == done.path.parent.name
    assert 1 <= len(fields["description"]) <= 1024
    assert "ccingest query --here" in body


def test_what_is_said_has_nothing_of_the_rest_of_the_file(own_home: Path) -> None:
    path = own_home / ".claude.json"
    path.parent.mkdir(parents=True)
    path.write_text('{"mcpServers": {"other": {"env": {"API_KEY": "hunter2"}}}}', encoding="utf-8")
    assert "hunter2" not in install(Target("claude-code")).text
    assert "hunter2" in path.read_text(encoding="utf-8")


def test_a_client_that_there_is_not() -> None:
    with pytest.raises(UsageError, match="no client 'emacs'; there are claude-code, codex"):
        install(Target("emacs"))


def test_tomlkit_reads_what_it_wrote() -> None:
    done = install(Target("codex"), write=False)
    assert tomlkit.parse(done.text).unwrap() == tomllib.loads(done.text)
