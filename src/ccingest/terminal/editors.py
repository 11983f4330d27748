"""Editors: how a line is given to each, on its command line and in a link."""

from __future__ import annotations

import os
import re
import shlex
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from ccingest.errors import UsageError

_Arguments = Callable[[str, int], list[str]]

_PLUS: _Arguments = lambda file, line: [f"+{line}", file]  # noqa: E731 - a table of them
_GOTO: _Arguments = lambda file, line: ["--goto", f"{file}:{line}"]  # noqa: E731
_COLON: _Arguments = lambda file, line: [f"{file}:{line}"]  # noqa: E731
_LINE: _Arguments = lambda file, line: ["--line", str(line), file]  # noqa: E731
_L: _Arguments = lambda file, line: ["-l", str(line), file]  # noqa: E731

_NAMES: Mapping[_Arguments, str] = {
    _PLUS: "vi vim nvim gvim mvim vimr view vimdiff ex neovide nano rnano pico emacs emacsclient mg "
    "zile jove joe jmacs jstar jed ne kak micro mcedit mousepad gedit pluma xed gnome-text-editor "
    "leafpad bbedit less most sensible-editor",
    _GOTO: "code code-insiders code-oss codium vscodium cursor windsurf positron trae kiro",
    _COLON: "subl sublime sublime_text hx helix zed zeditor atom pulsar lapce amp",
    _LINE: "idea idea64 pycharm charm webstorm goland clion rubymine phpstorm rider rustrover "
    "datagrip dataspell studio appcode fleet",
    _L: "kate kwrite mate geany",
}
_WAYS: Mapping[str, _Arguments] = {
    name: way for way, names in _NAMES.items() for name in names.split()
}
# Schemes of links that open a file at a line.
_SCHEMES: Mapping[str, str] = {
    "code": "vscode", "code-insiders": "vscode-insiders", "codium": "vscodium",
    "vscodium": "vscodium", "cursor": "cursor", "windsurf": "windsurf", "zed": "zed",
}  # fmt: skip
_JETBRAINS = frozenset(_NAMES[_LINE].split())
_WAITING = frozenset(
    "vi vim nvim ex view nano rnano pico emacs mg zile jove joe jmacs jstar jed ne kak micro mcedit "
    "hx helix less most amp".split()
)
_FALLBACKS = ("sensible-editor", "nano", "vim", "vi")
_ENDING = re.compile(r"\.(exe|cmd|bat|sh|app)$|64$")


@dataclass(frozen=True, slots=True)
class Editor:
    """An editor with its own arguments, such as `code -w`."""

    command: tuple[str, ...]
    name: str  # in the tables above; that of the program when it is in none

    def at(self, file: Path, line: int) -> list[str]:
        """The command line that opens the file there. For an unknown editor, without the line."""
        way = _WAYS.get(self.name)
        return [*self.command, *(way(str(file), line) if way else [str(file)])]

    @property
    def waits(self) -> bool:
        """Whether it has the file no longer when it has ended; others may only tell a window."""
        return self.name in _WAITING or not {"-w", "--wait"}.isdisjoint(self.command)

    @property
    def knows_lines(self) -> bool:
        return self.name in _WAYS

    def link_to(self, file: Path, line: int) -> str | None:
        """A link that opens the file there; None for an editor that has no such links."""
        path = quote(str(file), safe="/")
        if self.name in _JETBRAINS:
            return f"idea://open?file={path}&line={line}"
        scheme = _SCHEMES.get(self.name)
        return f"{scheme}://file{path}:{line}" if scheme else None


def editor_of(environ: Mapping[str, str] = os.environ) -> Editor | None:
    """The editor of VISUAL or EDITOR; None when neither is set. Raises UsageError."""
    for variable in ("VISUAL", "EDITOR"):
        text = environ.get(variable, "").strip()
        if text:
            try:
                command = shlex.split(text)
            except ValueError as error:
                raise UsageError(f"{variable} is {text!r}: {error}.") from None
            return Editor(tuple(command), _known_name(command))
    return None


def usual_editor() -> Editor:
    """What there is on most machines. Raises UsageError when there is none, or no terminal for it."""
    if not any(map(os.isatty, (0, 1, 2))):
        raise UsageError("There is no terminal for an editor: set VISUAL to one with a window.")
    for name in _FALLBACKS:
        if shutil.which(name):
            return Editor((name,), name)
    raise UsageError("No editor is set: set VISUAL or EDITOR, such as EDITOR=vim.")


def _known_name(command: Sequence[str]) -> str:
    """The first word that is a known editor, so that `env LANG=C vim` is vim."""
    names = [_ENDING.sub("", Path(word).name) for word in command]
    return next((name for name in names if name in _WAYS), names[0])
