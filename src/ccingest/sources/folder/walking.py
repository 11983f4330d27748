"""Listing a folder: each file with its content id, and each thing that is left out, with why."""

from __future__ import annotations

import logging
import os
import stat
import time
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from typing import Literal

from ccingest.errors import StoreError
from ccingest.globs import GlobSet, rooted
from ccingest.models import Entry, EntryKind
from ccingest.sources.folder import files
from ccingest.sources.folder.files import (
    FileState,
    VanishedError,
    opened_below,
    read_steadily,
    reason_of,
)
from ccingest.sources.folder.known import KnownFile, is_young, now
from ccingest.sources.folder.rules import MOST_RULE_BYTES, RULE_FILES, FolderRules, PatternList
from ccingest.watchdog import Pulse

_log = logging.getLogger(__name__)

_DEEPEST = 256  # folders within folders
_LONGEST_FOLDER = 4096  # bytes of path: what Linux can open
MOST_ENTRIES = 300_000  # at the end of a listing, each takes 1.7 KB of memory
_MOST_PATH_BYTES = 256 * 1024 * 1024
MOST_BYTES = 50_000_000_000  # of all files that are read
# Seconds of processor time for all ignore files of a folder.
RULE_SECONDS = 60.0
_REPOSITORY_FOLDERS = (b".git", b".hg", b".svn", b".jj")
# They hold rules for the selection, also where hidden files are left out.
_RULES_OF_SELECTION = (b".ccingestignore", b".gitattributes")
_SPECIAL = {
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


@dataclass(frozen=True, slots=True)
class Choice:
    """Which files of a folder are listed as such. The others are entries of another kind."""

    include: Sequence[str] = ()
    exclude: Sequence[str] = ()
    hidden: bool = False
    skipped_folder: tuple[int, int] | None = None  # device and inode: the home of ccingest
    _included: GlobSet | None = field(init=False, default=None, compare=False)

    def __post_init__(self) -> None:
        patterns = [rooted(glob) for glob in self.include]
        found = GlobSet(patterns) if patterns else None
        object.__setattr__(self, "_included", found)

    def includes(self, path: str) -> bool:
        return self._included is None or self._included.match_file(path)


@dataclass
class Listing:
    """What a walk has found. `sizes` are those of the entries of kind file, by path."""

    entries: list[Entry] = field(default_factory=list)
    sizes: dict[bytes, int] = field(default_factory=dict)
    known: dict[bytes, KnownFile] = field(default_factory=dict)  # for the next walk


@dataclass(frozen=True, slots=True)
class _Folder:
    path: bytes  # ends in a slash, or is empty for the root
    rules: FolderRules
    above: tuple[tuple[int, int], ...]  # device and inode of this folder and those above


class Walk:
    """One listing of the folder that the descriptor `root` is of."""

    def __init__(
        self,
        root: int,
        name: str,
        choice: Choice,
        known: Mapping[bytes, KnownFile],
        pulse: Pulse,
    ) -> None:
        """`known` are the files of the last listing, and `pulse` is called at each step."""
        self._root = root
        self._name = name
        self._choice = choice
        self._known = known
        self._pulse = pulse
        self._path_bytes = 0
        self._rule_seconds = 0.0
        self.listing = Listing()

    def run(self) -> Listing:
        """Raises OSError for the folder itself, StoreError for bounds, and what `beat` raises."""
        top = os.fstat(self._root)
        pending = [_Folder(b"", first_rules(self._choice), ((top.st_dev, top.st_ino),))]
        while pending:
            folder = pending.pop()
            found = self._scan(folder)
            names = {name for name, state in found if stat.S_ISREG(state.st_mode)}
            start = time.thread_time()
            rules = rules_in(self._root, folder.path, folder.rules, names, self._pulse.beat)
            self._rule_seconds += time.thread_time() - start
            if self._rule_seconds > RULE_SECONDS:
                raise self._too_slow()
            folder = replace(folder, rules=rules)
            inner = [below for one in found if (below := self._visit(folder, *one))]
            pending += reversed(inner)
        return self.listing

    def _scan(self, folder: _Folder) -> list[tuple[bytes, os.stat_result]]:
        """What is in a folder, by name."""
        path = folder.path.rstrip(b"/")
        try:
            with opened_below(self._root, path, is_folder=True) as descriptor:
                return sorted(self._stats(descriptor, folder.path))
        except OSError as error:
            if not path:
                raise
            self._leave_out(path, error)
            return []

    def _stats(self, descriptor: int, above: bytes) -> Iterator[tuple[bytes, os.stat_result]]:
        self._pulse.beat()
        with os.scandir(descriptor) as found:
            for number, one in enumerate(found):
                self._pulse.beat()
                if number >= MOST_ENTRIES:
                    raise self._too_many()
                name = os.fsencode(one.name)
                try:
                    yield name, one.stat(follow_symlinks=False)
                except OSError as error:
                    self._leave_out(above + name, error)

    def _visit(self, folder: _Folder, name: bytes, found: os.stat_result) -> _Folder | None:
        """List one thing; returns it if it is a folder that is to be entered."""
        path, mode = folder.path + name, found.st_mode
        if reason := left_out(folder.rules, self._choice, path, mode):
            kind, rule = reason
            if kind == "repository":
                return None
            if kind == "hidden" and name in _RULES_OF_SELECTION and stat.S_ISREG(mode):
                self._add_file(path, found, kind)
            else:
                self._add(path, kind, rule)
            return None
        if stat.S_ISLNK(mode):
            self._add(path, "link")
        elif stat.S_ISDIR(mode):
            return self._entered(folder, path, found)
        elif stat.S_ISREG(mode):
            self._add_file(path, found, "file")
        else:
            self._add(path, "special", _SPECIAL.get(stat.S_IFMT(mode), "no regular file"))
        return None

    def _entered(self, folder: _Folder, path: bytes, found: os.stat_result) -> _Folder | None:
        itself = (found.st_dev, found.st_ino)
        if itself == self._choice.skipped_folder:
            self._add(path, "excluded", "the home of ccingest")
        elif itself in folder.above:  # a mount of a folder in itself
            self._add(path, "link", "a folder that holds it")
        elif len(folder.above) > _DEEPEST or len(path) > _LONGEST_FOLDER:
            self._add(path, "too_deep")
        else:
            return _Folder(path + b"/", folder.rules, (*folder.above, itself))
        return None

    def _add_file(self, path: bytes, found: os.stat_result, kind: EntryKind) -> None:
        listing, state = self.listing, FileState.of(found)
        known = self._known.get(path)
        if known is None or known.state != state:
            start = now()
            try:
                content_id, state, read = files.content_id(
                    self._root, path, state, self._pulse.beat
                )
            except (OSError, VanishedError) as error:
                self._leave_out(path, error)
                return
            known = KnownFile(state, content_id)
            self._pulse.bytes += read
            if self._pulse.bytes > MOST_BYTES:
                raise self._too_many()
            if not is_young(state, start):
                listing.known[path] = known
        else:
            listing.known[path] = known
        listing.sizes[path] = state.size
        self._pulse.files += 1
        self._add(path, kind, content_id=known.content_id)

    def _leave_out(self, path: bytes, error: OSError | VanishedError) -> None:
        why = reason_of(error) if isinstance(error, OSError) else None
        if why is None:
            self._add(path, "changed", "it was removed or replaced meanwhile")
        else:
            self._add(path, "unreadable", why)

    def _add(self, path: bytes, kind: EntryKind, rule: str = "", content_id: str = "") -> None:
        self._path_bytes += len(path)
        if len(self.listing.entries) >= MOST_ENTRIES or self._path_bytes > _MOST_PATH_BYTES:
            raise self._too_many()
        self.listing.entries.append(Entry(path, content_id, kind, rule))

    def _too_slow(self) -> StoreError:
        return StoreError(
            f"The ignore files in {self._name} can't be read in bounded time: there are too many, or "
            "they have too many rules."
        )

    def _too_many(self) -> StoreError:
        return StoreError(
            f"{self._name} holds over {MOST_ENTRIES:,} files, or {MOST_BYTES / 1e9:,.0f} GB of them; "
            "leave some out by a .ccingestignore file, or name a folder below it."
        )


def first_rules(choice: Choice) -> FolderRules:
    """What counts before any file of the folder was read."""
    return FolderRules(PatternList(map(rooted, choice.exclude), ""))


def left_out(
    rules: FolderRules, choice: Choice, path: bytes, mode: int
) -> tuple[EntryKind | Literal["repository"], str] | None:
    """Why something is left out by its name, and the rule that says so; None when it is not."""
    name = path[path.rfind(b"/") + 1 :]
    if name in _REPOSITORY_FOLDERS:
        return "repository", ""
    text, is_folder = os.fsdecode(path), stat.S_ISDIR(mode)
    excluded = rules.excludes(text, is_folder=is_folder)
    if excluded and excluded.is_ignored:
        return "excluded", excluded.rule
    verdict = rules.verdict(text, is_folder=is_folder)
    if verdict and verdict.is_ignored:
        return "ignored", verdict.rule
    # As for ripgrep, a rule that takes back another one names the file, so it is wanted.
    if name.startswith(b".") and not choice.hidden and not verdict:
        return "hidden", ""
    if stat.S_ISREG(mode) and name not in _RULES_OF_SELECTION and not choice.includes(text):
        return "excluded", ""
    return None


def rules_in(
    root: int, folder: bytes, above: FolderRules, names: Set[bytes], beat: Callable[[], None]
) -> FolderRules:
    """What counts in a folder in which there are files of these names."""
    texts = [
        _rule_text(root, folder + name, beat) if (name := file.encode()) in names else None
        for file in RULE_FILES
    ]
    return above.within(os.fsdecode(folder), texts)


def _rule_text(root: int, path: bytes, beat: Callable[[], None]) -> bytes | None:
    try:
        data, _ = read_steadily(root, path, most=MOST_RULE_BYTES + 1, beat=beat)
    except VanishedError:
        return None
    except OSError as error:
        if why := reason_of(error):
            _log.warning("The rules in %a don't count: %s", os.fsdecode(path), why)
        return None
    if len(data) > MOST_RULE_BYTES:
        _log.warning("%a has over %d bytes, and its rules don't count.", path, MOST_RULE_BYTES)
        return None
    return data
