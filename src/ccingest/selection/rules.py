"""The rules for paths: globs, .ccingestignore, .gitattributes, known names."""

from __future__ import annotations

import logging
import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import PurePosixPath
from typing import Literal, TypeAlias

from pathspec import GitIgnoreSpec, PathSpec
from pathspec.patterns.gitignore.basic import GitIgnoreBasicPattern
from pathspec.patterns.gitignore.spec import GitIgnoreSpecPattern

from ccingest.errors import UsageError
from ccingest.models import SkipReason

_log = logging.getLogger(__name__)

_Kind: TypeAlias = Literal["vendored", "generated"]
_KINDS: tuple[_Kind, ...] = ("vendored", "generated")

_IGNORE_FILE = ".ccingestignore"
_ATTRIBUTES_FILE = ".gitattributes"
# A repository's own rules must not make matching slow. Each file is matched with each rule, and
# each star in a rule multiplies the time: with 5 in one name, one path takes 16 s.
_MOST_RULES = 1000
_MOST_STARS_IN_NAME = 3
_MOST_STARS = 4

# Folders where package managers put other people's code.
_VENDORED = """node_modules/ bower_components/ jspm_packages/ vendor/ third_party/ thirdparty/
    3rdparty/ Godeps/ Pods/ Carthage/ .yarn/ .venv/ venv/ site-packages/ dist-packages/ .tox/
    __pycache__/ .gradle/ .mvn/wrapper/ .cargo/registry/ elm-stuff/ deps/_build/""".split()
# Files that programs write. They repeat what is in other files.
_GENERATED = """package-lock.json npm-shrinkwrap.json yarn.lock pnpm-lock.yaml bun.lock bun.lockb
    deno.lock Cargo.lock go.sum poetry.lock uv.lock pdm.lock Pipfile.lock composer.lock
    Gemfile.lock mix.lock Podfile.lock flake.lock packages.lock.json *.min.js *.min.css *.js.map
    *.css.map *.map.json *.pb.go *.pb.cc *.pb.h *_pb2.py *_pb2_grpc.py *_pb2.pyi *.pb.swift
    *.g.dart *.freezed.dart *.designer.cs *.snap""".split()
# Files that are known to be binary before they are read. No language has one of these suffixes.
_BINARY = tuple(
    """.png .jpg .jpeg .gif .bmp .ico .icns .webp .avif .tif .tiff .psd .xcf .pdf .doc .docx .xls
    .xlsx .ppt .pptx .odt .ods .zip .gz .tgz .bz2 .xz .zst .lz4 .7z .rar .tar .jar .war .ear .aar
    .apk .ipa .dmg .iso .deb .rpm .whl .egg .so .dylib .dll .exe .a .o .pdb .class .pyc .pyo .pyd
    .wasm .bin .sqlite .sqlite3 .mp3 .mp4 .m4a .ogg .wav .flac .avi .mov .mkv .webm .ttf .otf
    .woff .woff2 .eot .npy .npz .pkl .pth .onnx .safetensors .h5 .parquet .feather .arrow .beam
    .nupkg .p12 .pfx .jks .keystore .swf .blend .fbx .glb .gpg .dex .tga .exr .dds .ktx""".split()
)


@dataclass(frozen=True, slots=True)
class PathRules:
    """The rules for paths that hold for one revision."""

    include: GitIgnoreSpec | None
    include_globs: tuple[str, ...]
    exclude: GitIgnoreSpec
    ignored: GitIgnoreSpec
    marked: Mapping[_Kind, _Marked]
    included: Mapping[_Kind, GitIgnoreSpec]  # the globs of `include` that are meant for the kind

    @classmethod
    def build(
        cls, rule_files: Mapping[str, str], include: Sequence[str], exclude: Sequence[str]
    ) -> PathRules:
        """`rule_files`: the text of each rule file, by path. Raises UsageError for a bad glob."""
        include = [_rooted(glob) for glob in include]
        marked: dict[_Kind, _Marked] = {
            "vendored": _Marked.build("vendored", rule_files, _VENDORED),
            "generated": _Marked.build("generated", rule_files, _GENERATED),
        }
        ignored = islice(_scoped_lines(rule_files, _IGNORE_FILE), _MOST_RULES)
        return cls(
            include=_user_spec("include", include) if include else None,
            include_globs=tuple(glob.lstrip("/") for glob in include),
            exclude=_user_spec("exclude", exclude),
            ignored=GitIgnoreSpec.from_lines(ignored),
            marked=marked,
            included={
                kind: GitIgnoreSpec.from_lines(
                    _valid_globs(filter(marked[kind].is_meant_by, include))
                )
                for kind in _KINDS
            },
        )

    def reason(self, path: str) -> SkipReason | None:
        """The reason to skip the file; None if its path is no reason."""
        if self.include is not None and not self.include.match_file(path):
            return "excluded"
        if _matches(self.exclude, path):
            return "excluded"
        if _matches(self.ignored, path):
            return "ignored"
        if path.lower().endswith(_BINARY):
            return "binary"
        for kind in _KINDS:
            if self.marked[kind].matches(path) and not self._is_included(kind, path):
                return kind
        return None

    def names(self, path: str) -> bool:
        """Whether a glob of `include` is the file's own path or the last names of it."""
        return any(path == glob or path.endswith(f"/{glob}") for glob in self.include_globs)

    def _is_included(self, kind: _Kind, path: str) -> bool:
        return _matches(self.included[kind], path) or self.names(path)


@dataclass(frozen=True, slots=True)
class _Marked:
    """Which files are of one kind: as .gitattributes says, or else by known names."""

    attributes: PathSpec[GitIgnoreBasicPattern]  # unlike in GitIgnoreSpec, the last match counts
    known_names: GitIgnoreSpec
    prefilter: re.Pattern[str]  # found in every path that `known_names` matches, and quicker

    @classmethod
    def build(cls, kind: _Kind, rule_files: Mapping[str, str], known: Sequence[str]) -> _Marked:
        lines = islice(_attribute_lines(kind, rule_files), _MOST_RULES)
        return cls(
            PathSpec.from_lines(GitIgnoreBasicPattern, lines),
            GitIgnoreSpec.from_lines(known),
            _prefilter(known),
        )

    def matches(self, path: str) -> bool:
        """Whether the file is of this kind."""
        if self.attributes.patterns:
            by_attribute = self.attributes.check_file(path).include
            if by_attribute is not None:
                return by_attribute
        return self.prefilter.search(path) is not None and self.known_names.match_file(path)

    def is_meant_by(self, glob: str) -> bool:
        """Whether the glob, read as a path, is of this kind: `vendor/**` and `*.pb.go` are."""
        path = glob.strip("/")
        return bool(path) and (self.matches(path) or self.matches(f"{path}/x"))


def _matches(spec: GitIgnoreSpec, path: str) -> bool:
    # pathspec is slow even without any pattern: slower than all other rules together.
    return bool(spec.patterns) and spec.match_file(path)


def _prefilter(globs: Sequence[str]) -> re.Pattern[str]:
    """One expression for many globs, each of which is a name, or a star and an ending."""
    names = "|".join(re.escape(glob.strip("/")) for glob in globs if not glob.startswith("*"))
    ends = "|".join(re.escape(glob[1:]) for glob in globs if glob.startswith("*"))
    of_ends = rf"|(?:{ends})(?:/|$)" if ends else ""
    return re.compile(rf"(?:^|/)(?:{names})(?:/|$){of_ends}")


def is_rule_file(path: bytes) -> bool:
    """Whether it is a .ccingestignore or a .gitattributes."""
    return path.rpartition(b"/")[2] in (_IGNORE_FILE.encode(), _ATTRIBUTES_FILE.encode())


def check_globs(include: Sequence[str], exclude: Sequence[str]) -> None:
    """Raises UsageError for a bad glob."""
    _user_spec("include", include)
    _user_spec("exclude", exclude)


def _user_spec(parameter: str, globs: Sequence[str]) -> GitIgnoreSpec:
    patterns = []
    for glob in globs:
        pattern = _pattern(_rooted(glob))
        if pattern is None:
            raise UsageError(
                f"{parameter} {glob!a} is no glob; write one as in a .gitignore file.",
                parameter=parameter,
            )
        patterns.append(pattern)
    return GitIgnoreSpec(patterns)


def _rooted(glob: str) -> str:
    """A glob such as `./src`, written as in a .gitignore file: `/src`."""
    return glob[1:] if glob.startswith("./") else glob


def _valid_globs(lines: Iterator[str]) -> Iterator[str]:
    return (line for line in lines if _pattern(line) is not None)


def _pattern(line: str) -> GitIgnoreSpecPattern | None:
    """The pattern of a line. None for a blank line, a comment or a broken [range]."""
    try:
        with warnings.catch_warnings():
            # Python's re warns of "[[", which means nothing special in a glob.
            warnings.simplefilter("ignore", FutureWarning)
            pattern = GitIgnoreSpecPattern(line)
    except (ValueError, re.error):
        return None
    return None if pattern.include is None else pattern


def _is_costly(line: str) -> bool:
    stars = [len(re.findall(r"\*+", name)) for name in line.split("/")]
    return max(stars) > _MOST_STARS_IN_NAME or sum(stars) > _MOST_STARS


def _scoped_lines(rule_files: Mapping[str, str], file_name: str) -> Iterator[str]:
    """The patterns of all rule files of this name, the root's file first.

    Each is written as in the root's file. As in git, a line that is no pattern is left out. So is
    one that would be slow to match; this is logged.
    """
    paths = [path for path in rule_files if PurePosixPath(path).name == file_name]
    for path in sorted(paths, key=lambda path: (path.count("/"), path)):
        folder = path[: -len(file_name)]
        for line in rule_files[path].split("\n"):
            scoped = _scoped(line.rstrip("\r"), folder)
            if not (_pattern(line) and _pattern(scoped)):
                continue
            if _is_costly(line):
                _log.info("A rule of %s has too many stars and is left out.", path)
            else:
                yield scoped


def _scoped(line: str, folder: str) -> str:
    """A pattern of a rule file in `folder`, written as in the root's file."""
    if not folder:
        return line
    mark, pattern = ("!", line[1:]) if line.startswith("!") else ("", line)
    is_anchored = "/" in pattern.rstrip().rstrip("/")
    between = "" if is_anchored else "**/"
    return f"{mark}/{GitIgnoreSpecPattern.escape(folder)}{between}{pattern.lstrip('/')}"


def _attribute_lines(kind: _Kind, rule_files: Mapping[str, str]) -> Iterator[str]:
    """The patterns of .gitattributes that set the kind, and with a ! those that unset it."""
    wanted = re.compile(rf"(-?)linguist-{kind}(?:=(\w+))?")
    rules = {path: _patterns_setting(wanted, text) for path, text in rule_files.items()}
    return _scoped_lines(rules, _ATTRIBUTES_FILE)


def _patterns_setting(wanted: re.Pattern[str], text: str) -> str:
    lines = []
    for line in text.split("\n"):
        pattern, *attributes = line.split() or ("",)
        if not attributes or pattern.startswith(("#", "!", "[attr]")):
            continue
        for attribute in attributes:
            if found := wanted.fullmatch(attribute):
                is_set = not found[1] and (found[2] or "true").lower() in ("true", "1")
                lines.append(pattern if is_set else f"!{pattern}")
    return "\n".join(lines)
