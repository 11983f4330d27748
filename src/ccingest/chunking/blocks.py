"""Code blocks of prose that is a program, too: what they define.

| form | blocks |
| --- | --- |
| R Markdown, Quarto | ```` ```{r label} ```` |
| MyST, Jupytext, Livebook, Weave | ```` ```{code-cell} python ````, or all fenced ones of such a file |
| Entangled | ```` ``` {.python file=a.py} ```` |
| Org | `#+begin_src python` |
| AsciiDoc | `[source,java]` and what follows |
| Sweave, knitr | `<<label>>=` to `@` |
| MDX | what it exports |

Of other Markdown the blocks are examples, and name nothing.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import islice
from typing import NamedTuple

from ccingest.chunking.definition_map import Definition
from ccingest.chunking.definitions import definitions
from ccingest.chunking.grammar import PARSE_SECONDS, parse, refusal
from ccingest.chunking.macros import without_macros
from ccingest.chunking.outlines import outline_by_lines

_MOST = 2_000  # blocks of a file
_LONGEST = 500  # bytes of a line that may begin a block
# As the tools call them that run the blocks.
_ALIASES = {
    **dict.fromkeys("py python3 ipython ipython3 jupyter-python python-mode sage pycon".split(), "python"),
    **dict.fromkeys("sh shell zsh ksh jupyter-bash".split(), "bash"),
    **dict.fromkeys("js node jsx ojs jupyter-javascript".split(), "javascript"),
    **dict.fromkeys(("c++", "cc", "rcpp", "cpp11"), "cpp"),
    **dict.fromkeys(("emacs-lisp", "elisp"), "elisp"),
    **dict.fromkeys(("lisp", "common-lisp"), "commonlisp"),
    **dict.fromkeys(("ir", "jupyter-r", "webr-r", "webr"), "r"),
    "pyodide-python": "python", "jupyter-julia": "julia", "ts": "typescript", "rb": "ruby", "hs": "haskell", "rs": "rust", "golang": "go", "c#": "csharp",
    "cs": "csharp", "f#": "fsharp", "kt": "kotlin", "octave": "matlab", "ps1": "powershell", "pwsh": "powershell",
    "ex": "elixir", "erl": "erlang", "clj": "clojure", "ml": "ocaml", "pl": "perl",
}  # fmt: skip
_NO_CODE = frozenset("markdown rst asciidoc org text latex html yaml json toml css".split())

_FENCE = re.compile(rb"[ \t]*(?P<fence>`{3,}|~{3,}|:{3,})[ \t]*(?P<info>[^`\n]*)$")
_RUN = re.compile(r"\{\s*(?P<name>[A-Za-z][\w+#-]*)(?P<rest>[^{}]*)\}\s*(?P<after>[\w+#-]*)")
_ENGINE = re.compile(r"\bengine\s*=\s*[\"']?([\w+-]+)")
_ENTANGLED = re.compile(r"\{\s*\.(?P<name>[A-Za-z][\w+-]*)(?=[^{}]*(?:\bfile=|#\w))[^{}]*\}")
_CELLS = frozenset({"code-cell", "jupyter-execute", "ipython"})
_RUN_WHOLE = (".livemd", ".jmd", ".pmd", ".lagda.md", ".coffee.md")
_JUPYTEXT = re.compile(rb"^jupytext:", re.MULTILINE)
_KERNEL = re.compile(rb"^[ \t]+(?:language|name):[ \t]*[\"']?([A-Za-z][\w+-]*)", re.MULTILINE)
_HEAD = 4_000  # bytes in which the head of such a file ends

_ORG = re.compile(rb"[ \t]*#\+begin_src[ \t]+(?P<name>[^\s:]+)", re.IGNORECASE)
_ORG_END = re.compile(rb"[ \t]*#\+end_src\b", re.IGNORECASE)
_ASCIIDOC = re.compile(
    rb"\[(?:source)?(?:[%#.][\w%#.-]*)?,[ \t]*(?:language=)?\"?(?P<name>[\w+#-]+)[^\[\]\n]*\][ \t]*\r?$"
)
_ASCIIDOC_FENCE = re.compile(rb"(?P<fence>-{4,}|\.{4,}|={4,}|`{3,})(?P<name>[\w+#-]*)[ \t]*\r?$")
_SWEAVE = re.compile(rb"<<(?P<options>[^\n]*)>>=[ \t]*\r?$")


class _Block(NamedTuple):
    start: int
    end: int
    language: str


def defined_in_blocks(path: str, data: bytes, language: str) -> Iterator[Definition]:
    """What the code blocks of a file define, in order; `parent` is within what is given."""
    find = _FINDERS.get(language)
    if find is None:
        return
    began = time.thread_time()
    count = 0
    for block in islice(find(path.lower(), data), _MOST):
        # As long as one file may take.
        if time.thread_time() - began > PARSE_SECONDS:
            return
        found = _defined(data[block.start : block.end], block.language)
        for one in found:
            parent = one.parent + count if one.parent >= 0 else -1
            start, end = one.start + block.start, one.end + block.start
            yield replace(one, start=_line_of_name(one, data, start, end), end=end, parent=parent)
        count += len(found)


def _line_of_name(one: Definition, data: bytes, start: int, end: int) -> int:
    """Where the line with its name starts: prose is cut between lines, also behind an annotation."""
    at = data.find(one.symbol.rpartition(".")[2].encode(), start, end)
    return max(start, data.rfind(b"\n", start, max(start, at)) + 1)


def within(sections: Iterable[Definition], code: Iterable[Definition]) -> tuple[Definition, ...]:
    """All in the order of their starts, each nested in the one around it.

    A symbol of code has no names of sections in it: nobody who asks for it says these.
    """
    found: list[Definition] = []
    open_: list[int] = []
    for one in sorted((*sections, *code), key=lambda item: (item.start, -item.end)):
        while open_ and found[open_[-1]].end <= one.start:
            open_.pop()
        parent = open_[-1] if open_ else -1
        end = min(one.end, found[parent].end) if open_ else one.end
        found.append(replace(one, end=end, parent=parent))
        open_.append(len(found) - 1)
    return tuple(found)


def _defined(code: bytes, language: str) -> tuple[Definition, ...]:
    if language in _NO_CODE:
        return ()
    plain = without_macros(language, code)
    if refusal(language, code) is None and (tree := parse(language, plain)) is not None:
        found = definitions(tree, code, language)
        if found and not tree.root_node.has_error:
            return found
        by_lines = outline_by_lines(language, code)
        return by_lines if len(by_lines) > len(found) else found
    return outline_by_lines(language, code)


def _language(name: str) -> str:
    name = name.lower()
    return _ALIASES.get(name, name)


def _lines(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Start, end and text of each line; `?` for one that is too long to begin a block."""
    start = 0
    while start < len(data):
        found = data.find(b"\n", start)
        end = len(data) if found < 0 else found + 1
        yield start, end, data[start:end].rstrip() if end - start <= _LONGEST else b"?"
        start = end


def _fenced(path: str, data: bytes) -> Iterator[_Block]:
    if path.endswith(".mdx"):
        yield from _exported(data)
        return
    is_run = path.endswith(_RUN_WHOLE)
    kernel = ""
    head = data[:_HEAD].lstrip(b"\n")
    if head.startswith(b"---"):
        head = head.partition(b"\n---")[0]
        is_run = is_run or _JUPYTEXT.search(head) is not None
        kernel = next((_language(name.decode()) for name in _KERNEL.findall(head)), "")
    if not is_run and b"{" not in data:
        return
    fence, language, at = b"", "", 0
    for start, end, line in _lines(data):
        found = _FENCE.match(line)
        if fence:
            if found and found["fence"].startswith(fence) and not found["info"]:
                if language:
                    yield _Block(at, start, language)
                fence = b""
        elif found:
            fence, at = found["fence"], end
            language = _of_info(found["info"].decode("utf-8", "replace"), path, kernel, is_run)


def _exported(data: bytes) -> Iterator[_Block]:
    """Statements of JavaScript, up to a blank line outside of brackets."""
    fence, at, depth = b"", -1, 0
    for start, _, line in _lines(data):
        if at >= 0:
            depth += _open_brackets(line)
            if not line and depth <= 0:
                yield _Block(at, start, "tsx")
                at = -1
        elif found := _FENCE.match(line):
            if not fence or (found["fence"].startswith(fence) and not found["info"]):
                fence = b"" if fence else found["fence"]
        elif not fence and line.startswith(b"export "):
            at, depth = start, _open_brackets(line)
    if at >= 0:
        yield _Block(at, len(data), "tsx")


def _open_brackets(line: bytes) -> int:
    return sum(map(line.count, (b"{", b"("))) - sum(map(line.count, (b"}", b")")))


def _of_info(info: str, path: str, kernel: str, is_run: bool) -> str:
    """The language of a block that is run; empty for others."""
    if found := _RUN.match(info):
        name = found["name"].lower()
        if name in _CELLS:
            return _language(found["after"]) or kernel or "python"
        engine = _ENGINE.search(found["rest"])
        name = _language(engine[1] if engine else name)
        return "" if found["after"] else name
    if found := _ENTANGLED.match(info):
        return _language(found["name"])
    if is_run:
        name = _language(info.split(maxsplit=1)[0].strip("{}.")) if info.strip() else ""
        return name or ("agda" if path.endswith(".lagda.md") else "")
    return ""


def _org(_: str, data: bytes) -> Iterator[_Block]:
    language, at = "", 0
    for start, end, line in _lines(data):
        if language:
            if _ORG_END.match(line):
                yield _Block(at, start, language)
                language = ""
        elif found := _ORG.match(line):
            language, at = _language(found["name"].decode("utf-8", "replace")), end


def _asciidoc(_: str, data: bytes) -> Iterator[_Block]:
    announced, fence, language, at = "", b"", "", 0
    for start, end, line in _lines(data):
        if fence:
            if line == fence:
                if language:
                    yield _Block(at, start, language)
                fence = b""
        elif found := _ASCIIDOC.match(line):
            announced = _language(found["name"].decode())
        elif found := _ASCIIDOC_FENCE.match(line):
            fence, at = found["fence"], end
            # What stands between lines of `=` is an example, and has blocks of its own.
            if fence[:1] == b"=":
                fence = b""
            language, announced = announced or _language(found["name"].decode()), ""
        elif not line.startswith((b".", b"[")):  # but the title of the block, and its options
            announced = ""


def _sweave(path: str, data: bytes) -> Iterator[_Block]:
    if not path.endswith((".rnw", ".snw", ".rtex")):
        return
    language, at = "", 0
    for start, end, line in _lines(data):
        found = _SWEAVE.match(line)
        if language and (found or line[:1] == b"@"):
            yield _Block(at, start, language)
            language = ""
        if found:
            engine = _ENGINE.search(found["options"].decode("utf-8", "replace"))
            language, at = _language(engine[1]) if engine else "r", end


_FINDERS: Mapping[str, Callable[[str, bytes], Iterator[_Block]]] = {
    "markdown": _fenced,
    "org": _org,
    "asciidoc": _asciidoc,
    "latex": _sweave,
}
