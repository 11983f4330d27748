"""The rules for paths: globs, .ccingestignore, .gitattributes, known names."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import PurePosixPath
from typing import Literal, TypeAlias, TypeVar

from pathspec import GitIgnoreSpec
from pathspec.patterns.gitignore.basic import GitIgnoreBasicPattern
from pathspec.patterns.gitignore.spec import GitIgnoreSpecPattern

from ccingest.errors import UsageError
from ccingest.globs import (
    MOST_DOUBLE_STARS,
    MOST_STARS,
    MOST_STARS_IN_NAME,
    GlobSet,
    Names,
    is_costly,
    is_glob,
    pattern_of,
    rooted,
    with_single_stars,
)
from ccingest.languages import language_of_linguist
from ccingest.models import SkipReason
from ccingest.selection.attributes import AttributeRules, Value, is_set, settings
from ccingest.selection.known_names import BINARY, GENERATED, VENDORED
from ccingest.selection.rule_files import ATTRIBUTES_FILE, IGNORE_FILE
from ccingest.visible import storable

_log = logging.getLogger(__name__)

_Kind: TypeAlias = Literal["vendored", "generated"]
T = TypeVar("T")

_KINDS: tuple[_Kind, ...] = ("vendored", "generated")

# A repository's own rules must not make matching slow. Each file is matched with each rule (0.4
# microseconds), so that fewer rules count where there are more files: never under _LEAST_RULES.
_MOST_RULES = 1000
_LEAST_RULES = 50
_MOST_MATCHES = 20_000_000
# Of a user's own globs. More than the files of any pull request.
_MOST_GLOBS = 50_000
_LONGEST_SHOWN = 80  # characters of a glob


@dataclass(frozen=True, slots=True)
class PathRules:
    """The rules for paths that hold for one revision."""

    include: GlobSet | None
    included_names: Names  # the globs of `include`, as paths
    exclude: GlobSet
    exclude_globs: tuple[str, ...]
    ignored: GitIgnoreSpec
    ignored_by: tuple[str, ...]  # the line of each pattern of `ignored`
    marked: Mapping[_Kind, _Marked]
    included: Mapping[_Kind, GlobSet]  # the globs of `include` that are meant for the kind
    languages: AttributeRules

    @classmethod
    def build(
        cls,
        rule_files: Mapping[str, str],
        include: Sequence[str],
        exclude: Sequence[str],
        paths: int = 0,
        *,
        is_site: bool = False,
    ) -> PathRules:
        """`rule_files`: the text of each rule file, by path. `paths`: how many will be matched.

        `is_site`: they are addresses, where a folder `vendor` or `dist` is as any other. Raises UsageError for a bad glob.
        """
        most = most_rules(paths)
        include = [rooted(glob) for glob in include]
        marked: dict[_Kind, _Marked] = {
            "vendored": _Marked.build("vendored", rule_files, () if is_site else VENDORED, most),
            "generated": _Marked.build("generated", rule_files, () if is_site else GENERATED, most),
        }
        ignored, ignored_by = _unzipped(_first(most, IGNORE_FILE, _scoped_lines(rule_files)))
        return cls(
            include=_user_globs("include", include) if include else None,
            included_names=Names(glob.lstrip("/") for glob in include),
            exclude=_user_globs("exclude", exclude),
            exclude_globs=tuple(exclude),
            ignored=GitIgnoreSpec.from_lines(ignored),
            ignored_by=ignored_by,
            marked=marked,
            included={
                kind: GlobSet(filter(is_glob, filter(marked[kind].is_meant_by, include)))
                for kind in _KINDS
            },
            languages=_attribute_rules("linguist-language", rule_files, most),
        )

    def skips(self, path: str) -> tuple[SkipReason, str] | None:
        """The reason to skip the file, and the rule that says so; None if its path is no reason."""
        if self.include is not None and not self.include.match_file(path):
            return "excluded", ""
        if self.exclude.match_file(path):
            return "excluded", self.exclude_globs[self.exclude.index_of(path) or 0]
        if _matches(self.ignored, path):
            return "ignored", self.ignored_by[self.ignored.check_file(path).index or 0]
        if path.lower().endswith(BINARY):
            return "binary", f"*{path[path.rindex('.') :]}"
        for kind in _KINDS:
            rule = self.marked[kind].rule(path)
            if rule and not self._is_included(kind, path):
                return kind, rule
        return None

    def names(self, path: str) -> bool:
        """Whether a glob of `include` is the file's own path or the last names of it."""
        return self.included_names.has(path)

    def unmarks_generated(self, path: str) -> bool:
        """Whether .gitattributes says that the file is not generated."""
        return is_set(self.marked["generated"].attributes.value(path)) is False

    def language(self, path: str) -> str:
        """The language that .gitattributes gives the file; empty for none, or one not known."""
        value = self.languages.value(path)
        return language_of_linguist(value) if isinstance(value, str) else ""

    def _is_included(self, kind: _Kind, path: str) -> bool:
        return self.included[kind].match_file(path) or self.names(path)


@dataclass(frozen=True, slots=True)
class _Marked:
    """Which files are of one kind: as .gitattributes says, or else by known names."""

    attributes: AttributeRules
    known: Sequence[str]
    known_names: GitIgnoreSpec
    # Found in a folder or a name of every path that `known_names` matches, and quicker.
    prefilter: re.Pattern[str]
    folders: dict[str, bool]  # whether it was found in a folder

    @classmethod
    def build(
        cls, kind: _Kind, rule_files: Mapping[str, str], known: Sequence[str], most: int
    ) -> _Marked:
        return cls(
            _attribute_rules(f"linguist-{kind}", rule_files, most),
            known,
            GitIgnoreSpec.from_lines(known),
            _prefilter(known),
            {},
        )

    def rule(self, path: str) -> str:
        """The rule by which the file is of this kind; empty if it is not."""
        value, line = self.attributes.find(path)
        by_attribute = is_set(value)
        if by_attribute is not None:
            return line if by_attribute else ""
        folder, _, name = path.rpartition("/")
        in_folder = self.folders.get(folder)
        if in_folder is None:
            in_folder = self.folders[folder] = self.prefilter.search(f"{folder}/") is not None
        if not in_folder and self.prefilter.search(name) is None:
            return ""
        index = self.known_names.check_file(path).index
        return "" if index is None else self.known[index]

    def is_meant_by(self, glob: str) -> bool:
        """Whether the glob, read as a path, is of this kind: `vendor/**` and `*.pb.go` are."""
        path = glob.strip("/")
        return bool(path) and bool(self.rule(path) or self.rule(f"{path}/x"))


def _matches(spec: GitIgnoreSpec, path: str) -> bool:
    # pathspec is slow even without any pattern: slower than all other rules together.
    return bool(spec.patterns) and spec.match_file(path)


def _prefilter(globs: Sequence[str]) -> re.Pattern[str]:
    """One expression for many globs, each of which is a name or begins with its only star."""
    names = "|".join(
        re.escape(glob.strip("/")).replace(r"\*", "[^/]*")
        for glob in globs
        if not glob.startswith("*")
    )
    ends = "|".join(re.escape(glob[1:]) for glob in globs if glob.startswith("*"))
    of_ends = rf"|(?:{ends})(?:/|$)" if ends else ""
    return re.compile(rf"(?:^|/)(?:{names})(?:/|$){of_ends}")


def most_rules(paths: int) -> int:
    """How many rules of the repository's own count for so many paths."""
    return max(_LEAST_RULES, min(_MOST_RULES, _MOST_MATCHES // max(paths, 1)))


def check_globs(include: Sequence[str], exclude: Sequence[str]) -> None:
    """Raises UsageError for a bad glob."""
    _user_globs("include", include)
    _user_globs("exclude", exclude)


def _user_globs(parameter: str, globs: Sequence[str]) -> GlobSet:
    if len(globs) > _MOST_GLOBS:
        raise UsageError(
            f"{parameter} is given {len(globs):,} times; at most {_MOST_GLOBS:,} are possible.",
            parameter=parameter,
        )
    lines = [rooted(glob) for glob in globs]
    for glob, line in zip(globs, lines, strict=True):
        if not is_glob(line) or storable(glob) != glob:
            raise UsageError(
                f"{parameter} {_shown(glob)} is no glob; write one as in a .gitignore file.",
                parameter=parameter,
            )
        if is_costly(glob):
            raise UsageError(
                f"{parameter} {_shown(glob)} has too many stars, which take long to match: at most "
                f"{MOST_STARS_IN_NAME} in a name, {MOST_STARS} in all, and {MOST_DOUBLE_STARS} "
                "times `**`.",
                parameter=parameter,
            )
    return GlobSet(lines)


def _shown(glob: str) -> str:
    from ccingest.secrets import hide_secrets  # its patterns take time to load

    glob = hide_secrets(glob)  # before it is cut: then nothing tells a password
    return ascii(glob if len(glob) <= _LONGEST_SHOWN else f"{glob[:_LONGEST_SHOWN]}...")


def _first(most: int, file_name: str, found: Iterable[T]) -> list[T]:
    """The first of the rules; that there are more is logged."""
    kept = list(islice(found, most + 1))
    if len(kept) > most:
        _log.warning("The %s files have over %d rules; the others do not count.", file_name, most)
    return kept[:most]


def _unzipped(pairs: Sequence[tuple[str, str]]) -> tuple[list[str], tuple[str, ...]]:
    return [first for first, _ in pairs], tuple(second for _, second in pairs)


def _from_root(rule_files: Mapping[str, str], file_name: str) -> list[str]:
    """The paths of the rule files of this name, the root's first."""
    paths = [path for path in rule_files if PurePosixPath(path).name == file_name]
    return sorted(paths, key=lambda path: (path.count("/"), path))


def _scoped_lines(rule_files: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """The patterns of all .ccingestignore files, each written as in the root's file, and its line."""
    for path in _from_root(rule_files, IGNORE_FILE):
        for line in rule_files[path].split("\n"):
            if (scoped := _scoped(line.rstrip("\r"), path)) is not None:
                yield scoped, f"{path}: {line.strip()}"


def _attribute_rules(name: str, rule_files: Mapping[str, str], most: int) -> AttributeRules:
    """What all .gitattributes files say of one attribute."""
    rules = _first(most, ATTRIBUTES_FILE, _scoped_settings(name, rule_files))
    return AttributeRules(
        tuple((GitIgnoreBasicPattern(pattern), value, line) for pattern, value, line in rules)
    )


def _scoped_settings(name: str, rule_files: Mapping[str, str]) -> Iterator[tuple[str, Value, str]]:
    for path in _from_root(rule_files, ATTRIBUTES_FILE):
        if name not in rule_files[path]:
            continue
        for pattern, value in settings(name, rule_files[path]):
            if (scoped := _scoped(pattern, path)) is not None:
                yield scoped, value, f"{path}: {pattern} {name}"


def _scoped(line: str, path: str) -> str | None:
    """A pattern of the rule file at `path`, written as in the root's file.

    As in git, a line that is no pattern is left out. So is one that would be slow to match.
    """
    folder = path.rpartition("/")[0]
    scoped = line = with_single_stars(line)
    if folder:
        mark, pattern = ("!", line[1:]) if line.startswith("!") else ("", line)
        is_anchored = "/" in pattern.rstrip().rstrip("/")
        between = "" if is_anchored else "**/"
        escaped = GitIgnoreSpecPattern.escape(f"{folder}/")
        scoped = f"{mark}/{escaped}{between}{pattern.lstrip('/')}"
    # Most lines of a hostile file are costly, and to look at stars is quicker than to compile.
    if is_costly(line):
        _log.info("A rule of %a has too many stars and does not count.", path)
        return None
    return scoped if pattern_of(line) and pattern_of(scoped) else None
