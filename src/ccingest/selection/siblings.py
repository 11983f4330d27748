"""What a file of an ambiguous ending is, by the files around it, for where its text doesn't tell.

A header with nothing but constants is C, C++ or Objective-C alike. What the source files of the
nearest folder are says which. It follows from the paths alone, and it is a part of a file's
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
    within = _with_folders_within(own)
    languages: dict[tuple[str, str], str] = {}
    found: dict[str, str] = {}
    for path, suffix in ambiguous:
        key = path.rpartition("/")[0], suffix
        if key not in languages:
            languages[key] = _language(*key, within)
        if languages[key]:
            found[path] = languages[key]
    return found


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
