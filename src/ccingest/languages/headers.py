"""What a header is that says nothing of itself: of the language of the sources that it stands among.

Headers of C++ and Objective-C that hold macros only, or an include guard, are C as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

HEADERS = (".h", ".pch")
_SOURCES = {
    # What an assembler includes holds macros only, and no C++.
    **dict.fromkeys((".c", ".s"), "c"),
    **dict.fromkeys((".cc", ".cpp", ".cxx", ".hpp", ".hh", ".hxx", ".inl", ".ipp"), "cpp"),
    **dict.fromkeys((".m", ".mm"), "objc"),
}


def header_languages(paths: Iterable[str]) -> dict[str, str]:
    """Path -> language, of the headers that stand among sources of one language other than C.

    The nearest folder counts that has a source in it or below it.

    >>> header_languages(["lib/src/a.cc", "lib/include/a.h", "c/b.c", "c/b.h"])
    {'lib/include/a.h': 'cpp'}
    """
    headers: list[str] = []
    found: dict[str, set[str]] = {}  # folder -> the languages of the sources below it
    for path in paths:
        suffix = path[path.rfind(".") :].lower()
        if suffix in HEADERS:
            headers.append(path)
        elif language := _SOURCES.get(suffix):
            for folder in _folders(path):
                languages = found.setdefault(folder, set())
                if language in languages:
                    break  # and so in all folders above
                languages.add(language)
    nearest = (
        (path, next(filter(None, map(found.get, _folders(path))), set())) for path in headers
    )
    return {path: min(one) for path, one in nearest if one in ({"cpp"}, {"objc"})}


def _folders(path: str) -> Iterator[str]:
    """The folders that a path is in, the innermost first."""
    while path:
        path = path.rpartition("/")[0]
        yield path
