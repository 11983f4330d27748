"""The rules that decide by path alone: globs, .ccingestignore, .gitattributes, known names."""

from __future__ import annotations

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

_Kind: TypeAlias = Literal["vendored", "generated"]
_KINDS: tuple[_Kind, ...] = ("vendored", "generated")

_IGNORE_FILE = ".ccingestignore"
_ATTRIBUTES_FILE = ".gitattributes"
# A repository's own rules may not make matching slow: every file is tried against every rule, and
# each star multiplies the ways a pattern can be tried (5 in one name: 16 s for one path).
_MOST_RULES = 1000
_MOST_STARS_IN_NAME = 3
_MOST_STARS = 4

# Folders that hold other people's code by the convention of a package manager.
_VENDORED = """node_modules/ bower_components/ jspm_packages/ vendor/ third_party/ thirdparty/
    3rdparty/ Godeps/ Pods/ Carthage/ .yarn/ .venv/ venv/ site-packages/ dist-packages/ .tox/
    __pycache__/ .gradle/ .mvn/wrapper/ .cargo/registry/ elm-stuff/ deps/_build/""".split()
# Files that a program wrote: they repeat what stands elsewhere.
_GENERATED = """package-lock.json npm-shrinkwrap.json yarn.lock pnpm-lock.yaml bun.lock bun.lockb
    deno.lock Cargo.lock go.sum poetry.lock uv.lock pdm.lock Pipfile.lock composer.lock
    Gemfile.lock mix.lock Podfile.lock flake.lock packages.lock.json *.min.js *.min.css *.js.map
    *.css.map *.map.json *.pb.go *.pb.cc *.pb.h *_pb2.py *_pb2_grpc.py *_pb2.pyi *.pb.swift
    *.g.dart *.freezed.dart *.designer.cs *.snap""".split()
# Only a shortcut, the content tells as well: no suffix that some language shares.
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
    """All that decides by path alone."""

    include: GitIgnoreSpec | None
    include_globs: tuple[str, ...]
    exclude: GitIgnoreSpec
    ignored: GitIgnoreSpec
    marked: Mapping[_Kind, _Marked]
    let_in: Mapping[_Kind, GitIgnoreSpec]  # globs of `include` that are about such files

    @classmethod
    def build(
        cls, rule_files: Mapping[str, str], include: Sequence[str], exclude: Sequence[str]
    ) -> PathRules:
        """`rule_files`: text by path. Raises UsageError for a bad glob."""
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
            let_in={
                kind: GitIgnoreSpec.from_lines(_usable(filter(marked[kind].is_about, include)))
                for kind in _KINDS
            },
        )

    def reason(self, path: str) -> SkipReason | None:
        """Why not to read the file; None when nothing speaks against it."""
        if self.include is not None and not self.include.match_file(path):
            return "excluded"
        if _matches(self.exclude, path):
            return "excluded"
        if _matches(self.ignored, path):
            return "ignored"
        if path.lower().endswith(_BINARY):
            return "binary"
        for kind in _KINDS:
            if self.marked[kind].has(path) and not self._lets_in(kind, path):
                return kind
        return None

    def names(self, path: str) -> bool:
        """Whether a glob of `include` is the file's own path, or the end of it."""
        return any(path == glob or path.endswith(f"/{glob}") for glob in self.include_globs)

    def _lets_in(self, kind: _Kind, path: str) -> bool:
        return _matches(self.let_in[kind], path) or self.names(path)


@dataclass(frozen=True, slots=True)
class _Marked:
    """Files of one kind: by .gitattributes, where the last match wins, else by known names."""

    attributes: PathSpec[GitIgnoreBasicPattern]  # unlike GitIgnoreSpec: the last match wins
    usual: GitIgnoreSpec
    hint: re.Pattern[str]  # found in every path that `usual` matches

    @classmethod
    def build(cls, kind: _Kind, rule_files: Mapping[str, str], usual: Sequence[str]) -> _Marked:
        lines = islice(_attribute_lines(kind, rule_files), _MOST_RULES)
        return cls(
            PathSpec.from_lines(GitIgnoreBasicPattern, lines),
            GitIgnoreSpec.from_lines(usual),
            _hint(usual),
        )

    def has(self, path: str) -> bool:
        if self.attributes.patterns:
            by_attribute = self.attributes.check_file(path).include
            if by_attribute is not None:
                return by_attribute
        return self.hint.search(path) is not None and self.usual.match_file(path)

    def is_about(self, glob: str) -> bool:
        """Whether the glob itself, read as a path, is of this kind: `vendor/**`, `*.pb.go`."""
        path = glob.strip("/")
        return bool(path) and (self.has(path) or self.has(f"{path}/x"))


def _matches(spec: GitIgnoreSpec, path: str) -> bool:
    # To look for nothing takes pathspec longer than all else that is done for a path.
    return bool(spec.patterns) and spec.match_file(path)


def _hint(globs: Sequence[str]) -> re.Pattern[str]:
    """One expression in the place of many: of names, or of a star and an ending."""
    names = "|".join(re.escape(glob.strip("/")) for glob in globs if not glob.startswith("*"))
    ends = "|".join(re.escape(glob[1:]) for glob in globs if glob.startswith("*"))
    of_ends = rf"|(?:{ends})(?:/|$)" if ends else ""
    return re.compile(rf"(?:^|/)(?:{names})(?:/|$){of_ends}")


def is_rule_file(path: bytes) -> bool:
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
    """`./src` the way git writes it: `/src`."""
    return glob[1:] if glob.startswith("./") else glob


def _usable(lines: Iterator[str]) -> Iterator[str]:
    return (line for line in lines if _pattern(line) is not None)


def _pattern(line: str) -> GitIgnoreSpecPattern | None:
    """None for what is no pattern: blank, a comment, a broken [range]."""
    try:
        with warnings.catch_warnings():
            # Python's re warns of "[[", which in a glob is nothing special.
            warnings.simplefilter("ignore", FutureWarning)
            pattern = GitIgnoreSpecPattern(line)
    except (ValueError, re.error):
        return None
    return None if pattern.include is None else pattern


def _is_costly(line: str) -> bool:
    stars = [len(re.findall(r"\*+", name)) for name in line.split("/")]
    return max(stars) > _MOST_STARS_IN_NAME or sum(stars) > _MOST_STARS


def _scoped_lines(rule_files: Mapping[str, str], file_name: str) -> Iterator[str]:
    """The pattern lines of all files of that name, each written as one of the root's, root first.

    As in git, a line that is no pattern is passed over; so is one that would be slow to match.
    """
    paths = [path for path in rule_files if PurePosixPath(path).name == file_name]
    for path in sorted(paths, key=lambda path: (path.count("/"), path)):
        folder = path[: -len(file_name)]
        for line in rule_files[path].split("\n"):
            scoped = _scoped(line.rstrip("\r"), folder)
            if _pattern(line) and _pattern(scoped) and not _is_costly(line):
                yield scoped


def _scoped(line: str, folder: str) -> str:
    """A pattern of `folder/.gitignore`, written as one of the root's."""
    if not folder:
        return line
    mark, pattern = ("!", line[1:]) if line.startswith("!") else ("", line)
    is_anchored = "/" in pattern.rstrip().rstrip("/")
    between = "" if is_anchored else "**/"
    return f"{mark}/{GitIgnoreSpecPattern.escape(folder)}{between}{pattern.lstrip('/')}"


def _attribute_lines(kind: _Kind, rule_files: Mapping[str, str]) -> Iterator[str]:
    """Patterns of .gitattributes that set the kind; with a ! those that unset it."""
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
