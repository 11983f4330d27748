"""The list of the skipped files of a revision, within bounds: the repository decides how many there are."""

from __future__ import annotations

from collections import Counter

from ccingest.models import SkippedFile, SkippedFiles, SkipReason

# Of one dataset. To publish a list of this length takes 0.5 s of processor time and 9 MB, most of it
# also when nothing has changed (`benchmarks/README.md`, Languages and skipped files).
MOST_LISTED = 100_000
# Characters of all paths and rules of a list together: a path may have 4,096, a rule 2,048.
MOST_CHARACTERS = 16 * 1024 * 1024
_LONGEST_RULE = 200
_LONGEST_PATH = 4096


class SkippedList:
    """Counts the skipped files by reason, and lists them.

    When the list is full, those of the reason with the most files make room for others. So a folder
    of 100,000 images does not hide the one source file that was taken for generated.
    """

    def __init__(self) -> None:
        self.counts: Counter[SkipReason] = Counter()
        self._listed: dict[SkipReason, list[SkippedFile]] = {}
        self._count = 0
        self._characters = 0
        self._left_out = 0

    def add(self, path: str, reason: SkipReason, rule: str = "") -> None:
        self.counts[reason] += 1
        self._list(SkippedFile(path[:_LONGEST_PATH], reason, rule[:_LONGEST_RULE]))

    def extend(self, files: SkippedFiles) -> None:
        """List these as well. `counts` does not count them."""
        self._left_out += files.left_out
        for file in files.listed:
            self._list(file)

    def files(self) -> SkippedFiles:
        listed = [file for files in self._listed.values() for file in files]
        return SkippedFiles(tuple(sorted(listed, key=_order)), self._left_out)

    def _list(self, file: SkippedFile) -> None:
        self._listed.setdefault(file.reason, []).append(file)
        self._count += 1
        self._characters += _size(file)
        while self._count > MOST_LISTED or self._characters > MOST_CHARACTERS:
            gone = max(self._listed.values(), key=len).pop()
            self._count -= 1
            self._characters -= _size(gone)
            self._left_out += 1


def _size(file: SkippedFile) -> int:
    return len(file.path) + len(file.rule)


def _order(file: SkippedFile) -> tuple[str, str]:
    return file.path, file.reason
