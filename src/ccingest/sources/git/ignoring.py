"""Which untracked paths git ignores: by the repository's own rules and by those of its user."""

from __future__ import annotations

import logging
import os
from functools import cached_property
from pathlib import Path

import pygit2
from pathspec import GitIgnoreSpec

_log = logging.getLogger(__name__)

_KEY = "core.excludesfile"


class Ignored:
    """Asks libgit2, which knows every .gitignore and .git/info/exclude.

    Libgit2 is kept from the user's own configuration, so the user's file of patterns is read here.
    One difference from git: a pattern of a .gitignore can't take back what that file ignores.
    """

    def __init__(self, repository: pygit2.Repository) -> None:
        self._repository = repository

    def __call__(self, path: str) -> bool:
        """`path` ends with a slash when it is a folder's."""
        try:
            if self._repository.path_is_ignored(path):
                return True
        except (UnicodeEncodeError, ValueError, pygit2.GitError) as error:
            # No such path is ever read: it is no UTF-8, or none that git would check out.
            _log.info("Git's rules can't be asked for %a: %s", path, error)
            return False
        return self._by_user is not None and self._by_user.match_file(path)

    @cached_property
    def _by_user(self) -> GitIgnoreSpec | None:
        file = _file_of_user()
        try:
            lines = file.read_text(encoding="utf8", errors="replace").splitlines()
            return GitIgnoreSpec.from_lines(lines)
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            _log.warning("The ignored patterns in %s do not count: %s", file, error)
            return None


def _file_of_user() -> Path:
    """As git finds it: what the nearest configuration says, or else the usual file."""
    config = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "git"
    own = os.environ.get("GIT_CONFIG_GLOBAL")
    system = Path(os.environ.get("GIT_CONFIG_SYSTEM") or "/etc/gitconfig")
    files = [Path(own)] if own else [Path.home() / ".gitconfig", config / "config"]
    for file in (*files, system):
        try:
            return Path(pygit2.Config(str(file))[_KEY] or "").expanduser()
        except (KeyError, OSError, ValueError, RuntimeError, pygit2.GitError):
            continue
    return config / "ignore"
