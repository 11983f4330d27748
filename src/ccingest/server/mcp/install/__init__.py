"""Telling a client of this server: writing the client's own configuration, or a text for its agent.

| module | what it does |
| --- | --- |
| clients | which clients there are, and where and how each keeps its servers |
| texts | files that agents read which use the shell |
| jsonc | changing one member of a JSON file, with its comments |
| files | reading and replacing a file of the user's |
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ccingest.errors import UsageError
from ccingest.models import ClientSetup
from ccingest.server.mcp.install import jsonc
from ccingest.server.mcp.install.clients import CLIENTS, NAME, McpClient, Place
from ccingest.server.mcp.install.files import read_text, replace_text
from ccingest.server.mcp.install.texts import TEXTS
from ccingest.values import dataclass

TARGETS = (*CLIENTS, *TEXTS)
_Edit = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Target:
    """A client, or a text for agents, and whose file of it: the user's, or that of a project."""

    name: str
    place: Place | None = None  # None: the user's, where there is one
    folder: Path = Path()  # of the project


def install(
    target: Target, command: Sequence[str], arguments: Sequence[str] = (), *, write: bool = True
) -> ClientSetup:
    """Tell a client to start this server with these arguments. All else in its file stays.

    `command` is how this program is started on this machine. Without `write` nothing is changed. The result has the text that the file has then. Raises
    UsageError for a file that is not as it must be, StoreError when it can't be written.
    """
    return _changed(target, command, arguments, write=write)


def uninstall(target: Target, *, write: bool = True) -> ClientSetup:
    """Take that back. Raises as `install` does."""
    return _changed(target, None, (), write=write)


def server_entry(
    client: McpClient, place: Place, command: Sequence[str], arguments: Sequence[str]
) -> dict[str, Any]:
    """What stands in the client's file. In a project's file, which others use too, without our paths."""
    program, *first = [NAME] if place == "project" else command
    entry = {**client.extra, "command": program, "args": [*first, "mcp", *arguments]}
    home = os.environ.get("CCINGEST_HOME")
    if home and place == "user":
        entry["env"] = {"CCINGEST_HOME": str(Path(home).expanduser().absolute())}
    return entry


def _changed(
    target: Target, command: Sequence[str] | None, arguments: Sequence[str], *, write: bool
) -> ClientSetup:
    """Without a command it is taken back."""
    known: Mapping[str, Any] = {**CLIENTS, **TEXTS}
    if target.name not in known:
        raise UsageError(f"There is no client {target.name!r}; there are {', '.join(TARGETS)}.")
    one = known[target.name]
    place: Place = target.place or ("user" if "user" in one.paths else "project")
    path = one.path(place, target.folder)
    before = read_text(path)
    edit = _edit_of(one, place, command, arguments)
    try:
        after = edit(before or "")
    except jsonc.JsonSyntaxError as error:
        raise UsageError(f"{path}: {error}; correct it first.") from None
    if before is None and command is None:
        after = ""
    if write and after != (before or ""):
        replace_text(path, after)
    action = _action(before, after, is_gone=command is None)
    ours = "" if command is None else edit("")
    return ClientSetup(one.name, one.title, path, action, ours, one.address)


def _edit_of(
    one: Any, place: Place, command: Sequence[str] | None, arguments: Sequence[str]
) -> _Edit:
    if not isinstance(one, McpClient):
        return one.without_ours if command is None else one.with_ours  # type: ignore[no-any-return]
    if command is None:
        keys = (one.key, NAME)
        return _without_table(keys) if one.is_toml else lambda text: _removed(text, keys)
    entry = server_entry(one, place, command, arguments)
    if one.is_toml:
        return _with_table((one.key, NAME), entry)
    return lambda text: (
        text if jsonc.get(text or "{}", (one.key, NAME)) == entry
        else jsonc.put(text, (one.key, NAME), entry)
    )  # fmt: skip


def _removed(text: str, keys: Sequence[str]) -> str:
    return jsonc.remove(text, keys) if text.strip() else text


def _action(before: str | None, after: str, *, is_gone: bool) -> str:
    if after == (before or ""):
        return "unchanged"
    if is_gone:
        return "removed"
    return "updated" if before is not None and NAME in before else "added"


def _with_table(keys: tuple[str, str], entry: Mapping[str, Any]) -> _Edit:
    def edit(text: str) -> str:
        import tomlkit

        document = _toml(text)
        servers = document.setdefault(keys[0], tomlkit.table(is_super_table=True))
        if servers.get(keys[1]) == entry:
            return text
        table = tomlkit.table()
        table.update(entry)
        servers[keys[1]] = table
        return tomlkit.dumps(document)

    return edit


def _without_table(keys: tuple[str, str]) -> _Edit:
    def edit(text: str) -> str:
        import tomlkit

        document = _toml(text)
        if keys[1] not in document.get(keys[0], {}):
            return text
        del document[keys[0]][keys[1]]
        if not document[keys[0]]:
            del document[keys[0]]
        return tomlkit.dumps(document)

    return edit


def _toml(text: str) -> Any:
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    try:
        return tomlkit.parse(text)
    except TOMLKitError as error:
        raise UsageError(f"The file is no TOML: {error}; correct it first.") from None
