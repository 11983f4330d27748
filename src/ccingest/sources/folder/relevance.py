"""Which changes below a folder matter: those of files that would be listed."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path

from ccingest.sources.folder.files import open_folder
from ccingest.sources.folder.rules import RULE_FILES, FolderRules
from ccingest.sources.folder.walking import Choice, first_rules, left_out, rules_in

_RULE_NAMES = frozenset(file.encode() for file in RULE_FILES)


class RelevantPaths:
    """Whether a change of a path matters. Knows the rules of the folder, and reads them again when
    they change.

    A path that is taken for relevant although it is not costs a listing, and no job.
    """

    def __init__(self, folder: Path, choice: Choice) -> None:
        self._folder = os.fsencode(folder)
        self._choice = choice
        self._rules: dict[bytes, FolderRules] = {}

    def __call__(self, path: str) -> bool:
        relative = os.path.relpath(os.fsencode(path), self._folder)
        if relative == b".":
            return True
        *folders, name = relative.split(b"/")
        if name in _RULE_NAMES:
            self._rules.clear()
            return True
        above = b""
        for folder in folders:
            if self._is_left_out(above, folder, is_folder=True):
                return False
            above += folder + b"/"
        return not self._is_left_out(above, name, is_folder=self._is_folder(relative))

    def _is_left_out(self, above: bytes, name: bytes, *, is_folder: bool) -> bool:
        mode = stat.S_IFDIR if is_folder else stat.S_IFREG
        found = left_out(self._rules_in(above), self._choice, above + name, mode)
        return found is not None

    def _is_folder(self, relative: bytes) -> bool:
        with suppress(OSError):
            return stat.S_ISDIR(os.lstat(self._folder + b"/" + relative).st_mode)
        return False

    def _rules_in(self, folder: bytes) -> FolderRules:
        if folder not in self._rules:
            parent = folder[: folder.rstrip(b"/").rfind(b"/") + 1]
            above = self._rules_in(parent) if folder else first_rules(self._choice)
            self._rules[folder] = self._read(folder, above)
        return self._rules[folder]

    def _read(self, folder: bytes, above: FolderRules) -> FolderRules:
        try:
            root = open_folder(self._folder)
        except OSError:  # it is gone, and what is said of it does not matter
            return above
        try:
            return rules_in(root, folder, above, _RULE_NAMES, _no_beat)
        finally:
            os.close(root)


def _no_beat() -> None:
    """Nobody watches: the files are those that an earlier listing has read."""
