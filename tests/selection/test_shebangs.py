"""The language of a file without an ending, by the program that its first line names."""

from __future__ import annotations

import time

import pytest

from ccingest.languages import LANGUAGES, detect_language
from ccingest.languages.table import BY_INTERPRETER

BY_LINE = [
    # Wrappers that run another program, after subcommands, flags, their values and variables.
    ("/usr/bin/env -S npx ts-node", "typescript"),
    ("/usr/bin/env -S npx --yes -p typescript tsx", "typescript"),
    ("/usr/bin/env -S npx zx", "javascript"),
    ("/usr/bin/env -S pipenv run python", "python"),
    ("/usr/bin/env -S poetry run python3", "python"),
    ("/usr/bin/env -S uv run", "python"),
    ("/usr/bin/env -S uv run --with requests bash", "bash"),
    ("/usr/bin/env -S conda run -n tides python3.11 -u", "python"),
    ("/usr/bin/env -S bundle exec ruby -w", "ruby"),
    ("/usr/bin/env -u HOME -i A=b perl5.30", "perl"),
    ("/usr/bin/env -Sbash -e", "bash"),
    ('/usr/bin/env -S "python3 -u"', "python"),
    ("/usr/bin/env --split-string=ruby -w", "ruby"),
    ("/usr/bin/env -S sudo -u postgres psql -f", "sql"),
    ("/usr/bin/env -S nix develop -c bash", "bash"),
    ("/usr/bin/env -S dotnet fsi", "fsharp"),
    ("/usr/bin/env dotnet", "csharp"),
    ("/bin/busybox sh", "bash"),
    ("/command/with-contenv bash", "bash"),
    ("/usr/bin/with-contenv bashio", "bash"),
    ("/usr/bin/env pnpm tsx", "typescript"),
    ("/usr/bin/env node --import=tsx", "typescript"),
    ("/usr/bin/env -S node --loader ts-node/esm --no-warnings", "typescript"),
    ("/usr/bin/env -S timeout 10 node", "javascript"),
    # Of an unknown program, the words after it are its own.
    ("/usr/bin/env rope make", "text"),
    ("/usr/bin/env -S npx rope", "text"),
    ("/usr/bin/rope bash", "text"),
    ("/usr/bin/env", "text"),
    ("/usr/bin/env -S", "text"),
    # Programs and their flags.
    ("/usr/bin/env zx", "javascript"),
    ("/usr/bin/env -S cargo +nightly -Zscript", "rust"),
    ("/bin/sed -nf", "sed"),
    ("/usr/bin/env gnuplot", "gnuplot"),
    ("/usr/bin/osascript", "applescript"),
    ("/usr/bin/env -S osascript -l JavaScript", "javascript"),
    ("/usr/bin/env nu", "nushell"),
    ("/usr/bin/octave-8.4 -q", "matlab"),
    ("/usr/sbin/dtrace -s", "dtrace"),
    ("/usr/bin/env ansible-playbook", "yaml"),
    ("C:\\Python\\python.exe", "python"),
]  # fmt: skip

BY_MORE = [
    ("#!/usr/bin/env nix-shell\n#! nix-shell -i python3 -p python3\n", "python"),
    ("#!/usr/bin/env nix-shell\n#!nix-shell --pure -p 'a (b c)' -i \"bash -e\"\n", "bash"),
    ("#!/usr/bin/env nix\n#! nix shell nixpkgs#python3 --command python3\n", "python"),
    ("#!/usr/bin/env nix-shell\n{ pkgs }: pkgs\n", "nix"),
    ("#!/bin/busybox sh\nexec tclsh8.6 \"$0\" \"$@\"\n", "tcl"),
    *(
        (f"#!/usr/bin/env -S deno run --allow-net\n{line}\n", "typescript")
        for line in (
            "function haul(x: number): number { return x }",
            "export interface Rope { a: string }",
            "type Rope = string;",
            "const rope: Rope = {};",
            "import type { A } from './a.ts';",
            "export async function* haul<T>(x?: T) {}",
            "const haul = (rope: string, n = 1): void => {};",
            "haul((): Promise<void> => 1)",
        )
    ),
    *(
        (f"#!/usr/bin/env bun\n{line}\n", "javascript")
        for line in (
            "function haul({ rope: a }, n) { return x }",
            "const a = b ? f(c) : d;",
            "const type = 1; let o = { rope: number, a: string };",
            "switch (a) { case (b): return 1 }",
            "// The type of it: a rope.\nimport { type as t } from './a.js'",
        )
    ),
]  # fmt: skip


@pytest.mark.parametrize(("line", "language"), BY_LINE)
def test_by_program(line: str, language: str) -> None:
    assert detect_language("tool", f"#!{line}\n\n") == language


@pytest.mark.parametrize(("text", "language"), BY_MORE)
def test_by_more_than_the_first_line(text: str, language: str) -> None:
    assert detect_language("tool", text) == language


def test_every_program_is_of_a_language() -> None:
    assert set(BY_INTERPRETER.values()) <= LANGUAGES


@pytest.mark.parametrize(
    "first", ["#!/bin/sh\n", "#!/usr/bin/env nix-shell\n", "#!deno\n", "#!env "]
)
@pytest.mark.parametrize(
    "unit",
    [" ", "\n", "a", "#! nix-shell ", "#! nix-shell\n", "exec ", "function a(", "(a:b", ") : a ",
     "const a", "type a<", "interface a ", "export ", "env ", "-S", ")", "1.", "a-1"],
)  # fmt: skip
def test_hostile_text_takes_no_time(first: str, unit: str) -> None:
    began = time.process_time()
    detect_language("tool", first + unit * (1024 * 1024 // len(unit)))
    assert time.process_time() - began < 0.5
