"""Parsers of tree-sitter-language-pack, kept within bounds.

Grammars are native code, which can crash and which can't be stopped from outside. So a file that
would make one crash, or run for minutes, is recognised before it is parsed, and cut at lines. The
bounds are far from any code that people write. benchmarks/grammar_fuzz.py has the inputs that they
were found with.
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
"""Why a file was cut at lines: there is no safe grammar; it is nested too deep; it repeats the same
few characters; its parse took too long; or its parse crashed the process."""

# Seconds of processor time that a parse may take. Files of 1 MiB need 0.1 to 0.7.
PARSE_SECONDS = 2.0

_READ = 1024  # bytes given to the parser at once; few, because a query reads every name again
# By length. A parse never frees what it is given (tree-sitter 0.26.1: a megabyte for each megabyte
# of source), so it is given the same few buffers again and again.
_BUFFERS: dict[int, bytearray] = {}
_DEEPEST = 500  # brackets within brackets
# A file with two blocks that repeat the same few characters is data or an attack. Many scanners
# take quadratic time for it: up to 7 s for 16 KiB, hours for 1 MiB.
_BLOCK = 8 * 1024  # bytes
_REPETITIVE = 40  # times smaller when compressed; no code in 1,200 real files was over 25
_MOST_REPETITIVE = 2  # blocks

# tree-sitter recurses over its parse stack and needs about 100 bytes a token. 256 MiB of address
# space (not of memory) are enough for a file of 1 MiB on every platform.
_STACK = 256 * 1024 * 1024

_GRAMMARS: frozenset[str] = frozenset(get_args(pack.SupportedLanguage))
# Their trees are no better than lines.
_BY_LINES = frozenset("csv tsv psv gosum pem gitcommit".split())
# Their scanners crash or hang on input that looks like code, so no bound can protect them.
_FRAGILE = frozenset("agda cobol perl typst".split())

# Their scanners look each character up in a table of the first 256, and so read other memory for
# most of Unicode: a file of eight bytes crashes them. They are given letters instead.
_LATIN = frozenset("d doxygen odin v".split())
_LETTERS = bytes([*range(128), *b"x" * 128])

# In these languages, marks at the start of a line nest blocks. The buffer of their scanners
# overruns from 190 blocks within blocks on.
_BLOCKS_IN_BLOCKS = re.compile(rb"^(?:>|[-+*?][ \t]|\d{1,9}[.)][ \t]|[ \t]){180}", re.MULTILINE)
_NESTED_BY_MARKS = frozenset("markdown yaml".split())

_OPENING, _CLOSING = b"([{", b")]}"
_STEPS = bytes(1 if byte in _OPENING else 255 if byte in _CLOSING else 0 for byte in range(256))

# Node kinds, beside comments, that belong to the sibling after them.
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
_parser_ident: int | None = None
_executor_lock = threading.Lock()


def refusal(language: str, data: bytes) -> Fallback | None:
    """Why the file must not be parsed; None if it may be."""
    if language not in _GRAMMARS or language in _BY_LINES or language in _FRAGILE:
        return "no_grammar"
    if _is_deep(data):
        return "too_deep"
    if language in _NESTED_BY_MARKS and _BLOCKS_IN_BLOCKS.search(data):
        return "too_deep"
    return "repetitive" if _is_repetitive(data) else None


def _is_deep(data: bytes) -> bool:
    if sum(map(data.count, _OPENING)) < _DEEPEST:
        return False
    steps = np.frombuffer(data.translate(_STEPS), dtype=np.int8)
    opened = np.cumsum(steps, dtype=np.int32)
    # Relative to the minimum so far, so that brackets closed but never opened do not count.
    return bool((opened - np.minimum.accumulate(opened)).max(initial=0) >= _DEEPEST)


def _is_repetitive(data: bytes) -> bool:
    if len(data) < _BLOCK * _MOST_REPETITIVE:
        return False
    blocks = (data[start : start + _BLOCK] for start in range(0, len(data), _BLOCK))
    found = sum(len(zlib.compress(block, 1)) * _REPETITIVE < len(block) for block in blocks)
    return found >= _MOST_REPETITIVE


def parse(language: str, data: bytes) -> Tree | None:
    """The syntax tree; None if parsing takes longer than PARSE_SECONDS.

    Only to be called on the parser thread, see `run_on_parser_thread`.
    """
    parser = _parser(language)
    source = _Source(data.translate(_LETTERS) if language in _LATIN else data)
    try:
        return parser.parse(source, progress_callback=_Deadline())
    except ValueError:  # the binding's word for a parse that was stopped
        parser.reset()
        return None
    finally:
        source.is_parsed = True


class _Source:
    """The source of a file, as tree-sitter reads it: block by block, from any offset."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.is_parsed = False

    def __call__(self, offset: int, _point: object) -> bytes | bytearray:
        block = self._data[offset : offset + _READ]
        # A query reads names after the parse. It frees what it is given, and takes only bytes.
        if self.is_parsed:
            return block
        buffer = _BUFFERS.get(len(block))
        if buffer is None:
            buffer = _BUFFERS[len(block)] = bytearray(block)
        buffer[:] = block
        return buffer


class _Deadline:
    """Says whether PARSE_SECONDS of processor time have passed since it was made."""

    def __init__(self) -> None:
        self._start, self._processor_start = time.monotonic(), time.thread_time()

    def __call__(self, _offset: int, _has_error: bool) -> bool:
        # The second clock is slow to read, and never ahead of the first.
        return (
            time.monotonic() - self._start > PARSE_SECONDS
            and time.thread_time() - self._processor_start > PARSE_SECONDS
        )


def run_on_parser_thread(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Call `work` on the one thread of this process that parses, and wait for what it returns.

    A parser that two threads use at once crashes the process, so callers take turns. The stack of
    that thread is large enough for the deepest tree. `work` may call this function again. To hand
    work to a thread takes as long as to chunk a small file, so a caller with many files does best to
    run whole on that thread.
    """
    if threading.get_ident() == _parser_ident:
        return work(*args, **kwargs)
    return _parser_thread().submit(work, *args, **kwargs).result()


def _parser_thread() -> ThreadPoolExecutor:
    global _executor, _parser_ident  # noqa: PLW0603 - one for the process
    with _executor_lock:
        if _executor is None:
            _executor = ThreadPoolExecutor(1, thread_name_prefix="ccingest-parser")
            # The size holds for the whole process, so it is reset as soon as the thread has started,
            # which it does with its first call.
            before = threading.stack_size(_STACK)
            try:
                _parser_ident = _executor.submit(threading.get_ident).result()
            finally:
                threading.stack_size(before)
        return _executor


def _drop_parser_thread() -> None:
    """After a fork: the new process has no thread but the one that forked."""
    global _executor, _executor_lock, _parser_ident
    _executor, _executor_lock, _parser_ident = None, threading.Lock(), None


os.register_at_fork(after_in_child=_drop_parser_thread)


def grammar(language: str) -> Language:
    """The grammar of a language that `refusal` lets through."""
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
