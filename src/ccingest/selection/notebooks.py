"""Jupyter notebooks -> the source of their cells, in the language of the kernel.

Outputs are left out. Each line stands on the line number that it has in the notebook's file, where
the file has a line for each, as Jupyter writes it: so a person finds it there. What is between the
cells' lines becomes blank. Each cell begins with a comment that says its number.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from ccingest.languages import language_of_linguist

SUFFIX = ".ipynb"

_TOKEN = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|[{}\[\],:]|[^\s"{}\[\],:]+', re.DOTALL)
# `[]` is an item of a list. The forms of nbformat 4 and 3.
_CELLS = ("cells/[]", "worksheets/[]/cells/[]")
_IN_CELLS = tuple(f"{path}/" for path in _CELLS)
_OF_CELLS = tuple(f"{path}/language" for path in _CELLS)
_KERNEL = (
    "metadata/kernelspec/language",
    "metadata/language_info/name",
    "metadata/kernelspec/name",
    "metadata/language",  # of nbformat 3, as IJulia wrote it
)
# Where a cell says its own language: of nbformat 3, and as VS Code, Polyglot Notebooks and SoS write it.
_CELL_LANGUAGE = (
    "language",
    "metadata/vscode/languageId",
    "metadata/polyglot_notebook/kernelName",
    "metadata/dotnet_interactive/language",
    "metadata/kernel",
)
_DEEPEST = 200  # lists and objects within each other; json's own parser takes no more than 1,000

# What begins a comment, where it is not a number sign.
_COMMENTS = {
    **dict.fromkeys(
        "javascript typescript java scala kotlin go rust c cpp csharp fsharp swift dart d groovy "
        "zig php".split(), "//",
    ),
    **dict.fromkeys("haskell sql lua ada elm".split(), "--"),
    **dict.fromkeys("clojure commonlisp scheme racket elisp".split(), ";;"),
    **dict.fromkeys("matlab prolog erlang latex".split(), "%"),
    "ocaml": "//", "sml": "//",
}  # fmt: skip
_KERNELS = {"ir": "r", "ijava": "java", "xcpp": "cpp", "gophernotes": "go", "evcxr": "rust",
            "ijavascript": "javascript", "tslab": "typescript", ".net-fs": "fsharp", ".net-po": "powershell", ".net": "csharp", "iruby": "ruby",
            "xeus": "cpp", "octave": "matlab", "sos": "python", "pyspark": "python",
            "almond": "scala", "ihaskell": "haskell", "iperl": "perl", "imatlab": "matlab",
            "deno": "typescript", "gonb": "go", "lgo": "go", "xlua": "lua", "clojupyter": "clojure",
            "ocaml": "ocaml", "jupyter-php": "php", "calysto_scheme": "scheme", "mit-scheme": "scheme",
            "calysto_prolog": "prolog", "swi-prolog": "prolog", "ielixir": "elixir", "jp-babel": "javascript",
            "nodejs": "javascript", "jslab": "javascript", "xcling": "cpp", "cling": "cpp", "root": "cpp",
            "spylon": "scala", "sparkkernel": "scala", "sparkr": "r", "bash": "bash", "xsql": "sql",
            "sqlite": "sql", "wolframlanguage": "mathematica", "lean": "lean", "robot": "robotframework",
            "pwsh": "powershell", "fsharp": "fsharp", "c++": "cpp"}  # fmt: skip
# A cell in another language, unless the magic only measures, keeps or tests what the cell does.
_OTHER_LANGUAGE = re.compile(
    r"\s*%%(?!(?:time|timeit|capture|prun|[lm]prun|memit|memray_flamegraph|scalene|pyinstrument|heat|debug|skip|cache"
    r"|ipytest|run_pytest\w*|pytest|manim|cython|pypy|python\d?|script\s+python\d?|px|local|spark|pyspark|wandb"
    r"|(?:write)?file\s+(?:-\w+\s+)*\S+\.py)\b)\w"
)
_OF_MAGIC = 4  # lines in which it stands, behind blank ones
# Half a letter, as an escape in JSON can write it, and NUL.
_NO_LETTER = re.compile("[\ud800-\udfff\x00]")
_MAGIC = re.compile(r"\s*[%!?]|[\w.]+\?{1,2}$")
_INLINE_DATA = re.compile(r"(data:[\w./+-]+;base64,)[\w+/=]{100,}")


@dataclass(slots=True)
class _Cell:
    """A cell of a notebook."""

    line: int
    kind: str = "code"
    language: str = ""  # empty: that of the kernel
    source: list[tuple[int, str]] = field(default_factory=list)  # lines in the file, and the text


def notebook_source(text: str) -> tuple[str, str] | None:
    """The source of a notebook's cells and its language; None if it is no notebook.

    >>> notebook_source('{"cells": [{"cell_type": "code", "source": ["x = 1"]}]}')
    ('# %% cell 1\\nx = 1', 'python')
    """
    cells: list[_Cell] = []
    kernel: dict[str, str] = {}
    said = Counter[
        str
    ]()  # the languages of cells, in nbformat 3; later only of those in another one
    is_notebook = False
    for path, line, value in _values(text):
        owner, _, name = path.rpartition("/")
        if path in _CELLS:
            cells.append(_Cell(line))
            is_notebook = True
        elif path in _KERNEL:
            kernel[path] = value
        elif not cells:
            continue
        elif owner in _CELLS and name == "cell_type":
            cells[-1].kind = value
        elif path.startswith(_IN_CELLS) and _in_cell(path) in _CELL_LANGUAGE:
            cells[-1].language = _known(value)
            if path in _OF_CELLS:
                said[cells[-1].language] += 1
        elif path.removesuffix("/[]").rpartition("/")[0] in _CELLS and (
            path.removesuffix("/[]").endswith(("/source", "/input"))
        ):
            cells[-1].source.append((line, value))
    if not is_notebook:
        return None
    commonest = said.most_common(1)[0][0] if said else ""
    language = _language(kernel) or commonest or "python"
    return "\n".join(_lines(cells, language)), language


def _in_cell(path: str) -> str:
    return path.removeprefix("worksheets/[]/").removeprefix("cells/[]/")


def _values(text: str) -> Iterator[tuple[str, int, str]]:
    """The path of keys, the line and the text of each string; of an object its start, without text.

    Ends early where the text is no JSON.
    """
    keys: list[str | None] = []  # of the objects and lists around; None before the first key
    is_list: list[bool] = []
    line, position = 1, 0
    expects_key = False
    key = ""
    for token in _TOKEN.finditer(text):
        line += text.count("\n", position, token.start())
        position = token.start()
        word = token[0]
        if word in "{[":
            if len(keys) >= _DEEPEST:
                return
            path = _path(keys, is_list, key)
            keys.append(key)
            is_list.append(word == "[")
            expects_key = word == "{"
            key = ""
            if word == "{" and path:
                yield path, line, ""
        elif word in "}]":
            if not keys:
                return
            keys.pop()
            is_list.pop()
            expects_key = False
        elif word == ",":
            expects_key = bool(is_list) and not is_list[-1]
        elif word[0] == '"':
            if expects_key:
                key, expects_key = _string(word), False
            else:
                path = _path(keys, is_list, key)
                if _is_read(path):
                    yield path, line, _string(word)


def _path(keys: list[str | None], is_list: list[bool], key: str) -> str:
    """The keys down to a value, with `[]` for each list."""
    if not keys:
        return ""
    parts = ["[]" if is_list[index - 1] else str(keys[index]) for index in range(1, len(keys))]
    parts.append("[]" if is_list[-1] else key)
    return "/".join(parts)


def _is_read(path: str) -> bool:
    return path in _KERNEL or path.startswith(_IN_CELLS)


def _string(word: str) -> str:
    try:
        text = str(json.loads(word, strict=False))
    except ValueError:
        return ""
    return _NO_LETTER.sub("\ufffd", text)


def _language(kernel: dict[str, str]) -> str:
    """Empty if it is not known."""
    return next(filter(None, (_known(kernel.get(path, "")) for path in _KERNEL)), "")


def _known(name: str) -> str:
    """The language that a kernel or an editor calls so: `python3`, `C++17`, `ir`; empty if unknown."""
    name = name.lower()
    plain = name.rstrip("0123456789.-_ ")
    exact = language_of_linguist(name) or language_of_linguist(plain)
    # `.net-fsharp` is a kernel of F#.
    return exact or next((to for start, to in _KERNELS.items() if name.startswith(start)), "")


def _lines(cells: list[_Cell], language: str) -> list[str]:
    mark = _COMMENTS.get(language, "#")
    lines: list[str] = []
    for number, cell in enumerate(cells, start=1):
        kind = "" if cell.kind == "code" else f" [{cell.kind}]"
        _place(lines, cell.line, f"{mark} %% cell {number}{kind}")
        text = "".join(part for _, part in cell.source[:_OF_MAGIC])
        is_other = cell.language not in ("", language) or _OTHER_LANGUAGE.match(text)
        is_code = cell.kind == "code" and not is_other
        goes_on = in_magic = False
        for line, part in cell.source:
            for piece in _INLINE_DATA.sub(r"\1...", part).splitlines(keepends=True) or [""]:
                code = piece.rstrip("\r\n")
                if goes_on:
                    lines[-1] += code
                else:
                    is_magic = language == "python" and (in_magic or _MAGIC.match(code) is not None)
                    in_magic = is_magic and code.endswith("\\")
                    is_comment = is_magic or not is_code
                    _place(lines, line, f"{mark} {code}".rstrip() if is_comment else code)
                goes_on = not piece.endswith("\n")
    return lines


def _place(lines: list[str], number: int, text: str) -> None:
    """Put a line on its number, or after the last one, if that is further down."""
    lines.extend([""] * (number - 1 - len(lines)))
    lines.append(text)
