"""Feed every grammar what makes native parsers crash or hang: does the chunker stay whole?

    python benchmarks/grammar_fuzz.py [LANGUAGE...]

Each language runs in a process of its own, and goes on after the input that killed it. Takes an
hour for all of them. Exits 1 when an input crashed the process or took longer than SLOW seconds.
The bounds in ccingest/chunking/grammar.py were found with it.
"""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import get_args

SLOW = 6.0  # seconds for one input, on a machine that does other things as well
HANG = 30.0
DEPTHS = (60, 130, 190, 260, 480, 1_000, 20_000)

# Written again and again: brackets, quotes, comments and what else opens something.
REPEATED = (
    *"( [ { < ( { [ ' \" ` $ # % & * _ - = ~ ^ ! : . , ; | / \\ @ ? +".split(),
    *"({[ <a> ${ \"${ '${ `${ \"#{ \"\\( {% {{ <% << <<~ /* (* {- {| -- //".split(),
    *"\"\"\" ''' ``` ~~~".split(),
    *"if do fn begin case let def a. a( a[ a: f$ x= -> => := ;; @a #a $a 0 9".split(),
    "if x then ", "do ", "begin ", "function() ", "a: ", "a, ", "| a ", "> ", "- ", "* ", "? ",
    "1. ", "x = ", "not ", "- - ", "[a](", "![", "\\begin{a} ", "\\( ", "<<E ", "E\n", "\n", "\r",
    " ", "\t", "\n\n", "\n ", "a\n", "a b ", "é", "🌱", "\ufeff", "\u200d", "{-", "(fn [x] ",
)  # fmt: skip
# Nested by indentation: line i is indented by i, or by 2i.
INDENTED = ("a:", "- x", "- a:", "if x:", "f = do", "* x", "1. x", "+ x", "> x", "x", "case a of")
# Looked up by a scanner in a table that ends before.
WIDE = ("\U0010ffff", "\U000f0000", "\u2fff")
TOKENS = ("is", "in", "!", ".", "`", "e is", "\\", "//", "/*", "@", "#", "$", "\n")
# Long, as one token.
LONG = (
    "R\"{}(x", "r{}\"x", "<<{}\nx\n", "<<~{}\nx\n", "<{}>x</{}>", "[{}[ x", "`{}`", "@{}", "${}",
    "\"{}", "'{}", "#{}", "--[{}[", "{} {{", "q{}x{}",
)  # fmt: skip


def cases(language: str) -> Iterator[tuple[str, str]]:
    """Names and inputs."""
    for text in REPEATED:
        for depth in DEPTHS:
            yield f"{text!r} x {depth}", text * depth
        yield f"{text!r} x 999 in lines", f"{text * 9}\n" * 111
    for text in INDENTED:
        for depth in DEPTHS[:-1]:
            for step in (1, 2):
                lines = (f"{' ' * (i * step)}{text}\n" for i in range(depth // step))
                yield f"{text!r} indented {depth} by {step}", "".join(lines)
    for text in (*TOKENS, *REPEATED):
        for letter in WIDE:
            yield (
                f"{text!r} before {letter!a}",
                f"a {text}{letter} {text} {letter}a{letter}{text}\n",
            )
    for text in LONG:
        for sign in "a=#-":
            for length in (200, 1_100, 30_000):
                yield f"{text!r} of {length} {sign}", text.replace("{}", sign * length)
    random_ = random.Random(language)
    signs = "abc (){}[]<>\"'`\n\t:;,.=+-*/\\|&^%$#@!~?_0123456789é🌱"
    for size in (100, 1_000, 30_000, 100_000):
        for _ in range(3):
            yield f"{size} random signs", "".join(random_.choices(signs, k=size))


def run(language: str, skip: int) -> None:
    """Print each case's number before it runs, and its seconds after."""
    from ccingest.chunking import chunk_file
    from ccingest.models import SourceFile

    for number, (_, text) in enumerate(cases(language)):
        if number < skip:
            continue
        print(number, end=" ", flush=True)
        start = time.monotonic()
        chunk_file(SourceFile("f", "", language, text, 0))
        print(f"{time.monotonic() - start:.2f}", flush=True)


def check(language: str) -> list[str]:
    """What went wrong."""
    names = [name for name, _ in cases(language)]
    wrong, skip = [], 0
    while skip < len(names):
        command = [sys.executable, __file__, "--run", language, str(skip)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        try:
            output, _ = process.communicate(timeout=HANG + len(names) / 4)
            ended = f"exit {process.returncode}"
        except subprocess.TimeoutExpired:
            process.kill()
            output, _ = process.communicate()
            ended = "hang"
        rows = [row.split() for row in output.splitlines()]
        wrong += [
            f"{names[int(row[0])]}: {row[1]} s"
            for row in rows
            if len(row) > 1 and float(row[1]) > SLOW
        ]
        if process.returncode == 0:
            break
        last = int(rows[-1][0]) if rows else skip
        wrong.append(f"{names[last]}: {ended}")
        skip = last + 1
    return wrong


def main(arguments: list[str]) -> int:
    if arguments[:1] == ["--run"]:
        run(arguments[1], int(arguments[2]))
        return 0
    import tree_sitter_language_pack as pack

    failed = False
    for language in arguments or sorted(get_args(pack.SupportedLanguage)):
        wrong = check(language)
        failed = failed or bool(wrong)
        print(f"{language}: {'; '.join(wrong) or 'ok'}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
