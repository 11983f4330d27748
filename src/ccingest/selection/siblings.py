"""What a file of an ambiguous ending is, by the files around it, for where its text doesn't tell.

A header with nothing but constants is C, C++ or Objective-C alike. The source file of its name says
which, or else what the source files of the nearest folder are. It follows from the paths alone, and it is a part of a file's
`version_id`. So a file that becomes another language when the files around it change is read again.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace

from ccingest.models import SelectedFile

_C = ".c"
_CPP = ".cpp .cc .cxx .c++ .hpp .hh .hxx .h++ .ipp .inl .cppm .ixx .tpp"
# What an assembler includes holds macros only, and no C++.
_OF_HEADERS = {"c": f"{_C} .s", "cpp": _CPP, "objc": ".m .mm"}
# ending: the languages that it may have, each with the endings of files that speak for it. The
# first is taken anyway, and the earlier of two that as much speaks for.
_AROUND: Mapping[str, Mapping[str, str]] = {
    ".h": _OF_HEADERS,
    ".pch": _OF_HEADERS,
    ".inc": {
        "text": "",
        "php": ".php .module .install",
        "pascal": ".pas .pp .lpr .dpr .dpk",
        "sourcepawn": ".sp",
        "bitbake": ".bb .bbclass .bbappend",
        "asm": ".asm .nasm .s",
        "cpp": f"{_C} {_CPP}",
    },
    ".fs": {
        "fsharp": ".fsproj .fsx .fsi",
        "glsl": ".vs .vert .frag .glsl",
        "forth": ".fth .4th .fb",
    },
    ".t": {"perl": ".pm .pl .pod", "raku": ".raku .rakumod .rakutest .pm6 .p6 .nqp"},
}
# A source file of the same name is what a header is for. Objective-C says so in its headers themselves.
_OF_SAME_NAME = {_C: "c", **dict.fromkeys(_CPP.split(), "cpp")}
_SPEAKS = frozenset(
    suffix
    for languages in _AROUND.values()
    for suffixes in languages.values()
    for suffix in suffixes.split()
)


def with_usual_languages(files: Iterable[SelectedFile]) -> tuple[SelectedFile, ...]:
    """The files, those of ambiguous endings with what they are if their text doesn't tell."""
    files = tuple(files)
    usual = usual_languages(file.path for file in files)
    if not usual:
        return files
    return tuple(
        replace(file, usual=usual[file.path]) if file.path in usual and not file.language else file
        for file in files
    )


def usual_languages(paths: Iterable[str]) -> Mapping[str, str]:
    """By path, what the files around say, where it is not what the ending says."""
    paths = list(paths)
    ambiguous: list[tuple[str, str]] = []
    own: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for path in paths:
        suffix = path[path.rfind(".") :].lower()
        if suffix in _AROUND:
            ambiguous.append((path, suffix))
        elif suffix in _SPEAKS:
            own[path.rpartition("/")[0]][suffix] += 1
    if not ambiguous:
        return {}
    named = _sources_of_headers(paths, (path for path, suffix in ambiguous if suffix == ".h"))
    within = _with_folders_within(own)
    languages: dict[tuple[str, str], str] = {}
    found: dict[str, str] = {}
    for path, suffix in ambiguous:
        key = path.rpartition("/")[0], suffix
        if key not in languages:
            languages[key] = _language(*key, within)
        language = languages[key]
        if suffix == ".h" and (known := _by_name(path, named, has_sources=bool(own.get(key[0])))):
            language = "" if known == "c" else known
        if language:
            found[path] = language
    return found


def _sources_of_headers(paths: Iterable[str], headers: Iterable[str]) -> Mapping[str, str]:
    """The language of the sources that are called as a header is, by path and by name without ending.

    Empty for a name whose sources are of two languages.
    """
    wanted = {_stem(path).rpartition("/")[2] for path in headers}
    found: dict[str, str] = {}
    for path in paths if wanted else ():
        language = _OF_SAME_NAME.get(path[path.rfind(".") :].lower())
        stem = _stem(path)
        name = stem.rpartition("/")[2]
        if language and name in wanted:
            for key in (f"/{stem}", name):
                found[key] = language if found.get(key, language) == language else ""
    return found


def _by_name(path: str, named: Mapping[str, str], *, has_sources: bool) -> str:
    """By the source beside it, or by one elsewhere if its folder holds no sources at all."""
    stem = _stem(path)
    beside = named.get(f"/{stem}", "")
    return beside if beside or has_sources else named.get(stem.rpartition("/")[2], "")


def _stem(path: str) -> str:
    return path[: path.rfind(".")]


def _with_folders_within(own: Mapping[str, Counter[str]]) -> Mapping[str, Counter[str]]:
    """The counts of each folder with those of all folders within it."""
    total: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for start, counts in own.items():
        folder = start
        total[folder].update(counts)
        while folder:
            folder = folder.rpartition("/")[0]
            total[folder].update(counts)
    return total


def _language(folder: str, suffix: str, within: Mapping[str, Counter[str]]) -> str:
    """What most is in the nearest folder, outwards, that says anything; empty for the first."""
    while True:
        counts = within.get(folder, Counter())
        spoken = {
            language: sum(counts[ending] for ending in endings.split())
            for language, endings in _AROUND[suffix].items()
        }
        if any(spoken.values()) or not folder:
            break
        folder = folder.rpartition("/")[0]
    if spoken.get("c") and spoken.get("objc"):
        spoken["objc"] = 0  # .m is MATLAB's too, whose headers stand beside C
    first, best = next(iter(spoken)), max(spoken, key=spoken.__getitem__)
    return "" if best == first else best
