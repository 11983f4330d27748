"""Parsers of tree-sitter-language-pack, kept within bounds.

Grammars are native code that no one can stop from outside: what would make one crash or run for
minutes is recognised beforehand, and cut by lines. The bounds are far from any code that people
write; benchmarks/grammar_fuzz.py has the inputs that they were found with.
"""

from __future__ import annotations

import os
import re
import threading
import time
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import Literal, ParamSpec, TypeAlias, TypeVar, get_args

import numpy as np
import tree_sitter_language_pack as pack
from tree_sitter import Language, Parser, Tree

Fallback: TypeAlias = Literal[
    "no_grammar", "too_deep", "repetitive", "parse_timeout", "parser_died"
]
"""Why a file was cut by lines: no grammar that is safe, or nested too deep, or the same few signs
again and again, or a parse that took too long, or one that took its process with it."""

# Seconds of the processor's time that a parse may take: far over what any sane file of 1 MiB needs (0.1 to 0.7 s).
PARSE_SECONDS = 2.0

_READ = 1024  # bytes handed out at once; few, for a query asks for every single name
# By length. A parse never lets go of what it is handed (tree-sitter 0.26.1: a megabyte for each of
# source), so it is handed the same few buffers again and again.
_BUFFERS: dict[int, bytearray] = {}
_DEEPEST = 500  # brackets within brackets
# Two blocks, each of them little else than a few signs again and again, are data or an attack, and
# many scanners take quadratic time for them: up to 7 s for 16 KiB, hours for 1 MiB.
_BLOCK = 8 * 1024  # bytes
_REPETITIVE = 40  # times smaller when compressed; of 1,200 real files, no code was over 25
_MOST_REPETITIVE = 2  # blocks

# tree-sitter recurses over its parse stack, about 100 bytes a token: 256 MiB of address space
# (not memory) are enough for a file of 1 MiB on all threads of all platforms.
_STACK = 256 * 1024 * 1024

_GRAMMARS: frozenset[str] = frozenset(get_args(pack.SupportedLanguage))
# Their trees say nothing that lines don't.
_BY_LINES = frozenset("csv tsv psv gosum pem gitcommit".split())
# Their scanners crash or hang on words, blanks and brackets that are few enough to be code.
_FRAGILE = frozenset("agda cobol perl typst".split())

# Nesting without brackets, by what stands before the text of a line: blocks within blocks that
# overrun their scanner's buffer. They do from 190 on.
_BLOCKS_IN_BLOCKS = re.compile(rb"^(?:>|[-+*?][ \t]|\d{1,9}[.)][ \t]|[ \t]){180}", re.MULTILINE)
_LAID_OUT = frozenset("markdown yaml".split())

_OPENING, _CLOSING = b"([{", b")]}"
_STEPS = bytes(1 if byte in _OPENING else 255 if byte in _CLOSING else 0 for byte in range(256))

# What belongs to the sibling after it, beside what is called a comment.
_LEADING = frozenset(
    """decorator annotation marker_annotation attribute_item attribute_list haddock signature
    pragma spec meta_lit atx_heading setext_heading""".split()
)
_LEADING_BY_LANGUAGE = {
    "elixir": frozenset({"unary_operator"}),  # @doc, @spec
    "ocaml": frozenset({"value_specification"}),
    "rst": frozenset({"section"}),  # a title
    "zig": frozenset({"pub", "export", "extern", "inline"}),  # siblings of what they modify
}

P = ParamSpec("P")
T = TypeVar("T")

_executor: ThreadPoolExecutor | None = None
_executor_lock = threading.Lock()


def refusal(language: str, data: bytes) -> Fallback | None:
    """Why the file is not even given to a parser; None if it is."""
    if language not in _GRAMMARS or language in _BY_LINES or language in _FRAGILE:
        return "no_grammar"
    if _is_deep(data):
        return "too_deep"
    if language in _LAID_OUT and _BLOCKS_IN_BLOCKS.search(data):
        return "too_deep"
    return "repetitive" if _is_repetitive(data) else None


def _is_deep(data: bytes) -> bool:
    if sum(map(data.count, _OPENING)) < _DEEPEST:
        return False
    steps = np.frombuffer(data.translate(_STEPS), dtype=np.int8)
    opened = np.cumsum(steps, dtype=np.int32)
    # Over the least so far: brackets closed that were never opened count for nothing.
    return bool((opened - np.minimum.accumulate(opened)).max(initial=0) >= _DEEPEST)


def _is_repetitive(data: bytes) -> bool:
    if len(data) < _BLOCK * _MOST_REPETITIVE:
        return False
    blocks = (data[start : start + _BLOCK] for start in range(0, len(data), _BLOCK))
    found = sum(len(zlib.compress(block, 1)) * _REPETITIVE < len(block) for block in blocks)
    return found >= _MOST_REPETITIVE


def parse(language: str, data: bytes) -> Tree | None:
    """The tree; None if it takes longer than PARSE_SECONDS. For the parser thread alone."""
    parser = _parser(language)
    parsed = False
    began, began_work = time.monotonic(), time.thread_time()

    def read(offset: int, _: object) -> bytes | bytearray:
        block = data[offset : offset + _READ]
        if parsed:  # a query asks for a name: it does let go, and takes nothing but bytes
            return block
        buffer = _BUFFERS.get(len(block))
        if buffer is None:
            buffer = _BUFFERS[len(block)] = bytearray(block)
        buffer[:] = block
        return buffer

    def too_late(_: int, __: bool) -> bool:
        # The second clock is slow to read, and never ahead of the first.
        return (
            time.monotonic() - began > PARSE_SECONDS
            and time.thread_time() - began_work > PARSE_SECONDS
        )

    try:
        return parser.parse(read, progress_callback=too_late)
    except ValueError:  # how the binding tells that it was stopped
        parser.reset()
        return None
    finally:
        parsed = True


def run_on_parser_thread(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Call `work` on the one thread of this process that parses, and wait for what it returns.

    A parser that two threads use at once crashes the process, so callers take turns. The stack of
    that thread is large enough for the deepest tree. `work` must not call this function.
    """
    return _parser_thread().submit(work, *args, **kwargs).result()


def _parser_thread() -> ThreadPoolExecutor:
    global _executor  # noqa: PLW0603 - one for the process
    with _executor_lock:
        if _executor is None:
            _executor = ThreadPoolExecutor(1, thread_name_prefix="ccingest-parser")
            # Of the whole process, so it is put back at once: the thread starts with its first job.
            before = threading.stack_size(_STACK)
            try:
                _executor.submit(int).result()
            finally:
                threading.stack_size(before)
        return _executor


def _forget_parser_thread() -> None:
    """After a fork: the new process has no thread but the one that forked."""
    global _executor, _executor_lock
    _executor, _executor_lock = None, threading.Lock()


os.register_at_fork(after_in_child=_forget_parser_thread)


def grammar(language: str) -> Language:
    found: Language = pack.get_language(language)  # type: ignore[arg-type]
    return found


@lru_cache(maxsize=64)
def leading_kinds(language: str) -> frozenset[int]:
    """The ids of the node kinds that belong to the sibling after them: comments, decorators."""
    names = _LEADING | _LEADING_BY_LANGUAGE.get(language, frozenset())
    found = grammar(language)
    return frozenset(
        kind
        for kind in range(found.node_kind_count)
        if (name := found.node_kind_for_id(kind)) and ("comment" in name or name in names)
    )


@lru_cache(maxsize=64)
def _parser(language: str) -> Parser:
    return pack.get_parser(language)  # type: ignore[arg-type]
