"""The programs that may run a file, by its first lines."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

_SHEBANG = re.compile(r"#![ \t]*([^\n]{1,500})")
# A script for Nix names its program on a later line: `#! nix-shell -i python3 -p python3`.
_OF_NIX = re.compile(
    r"^#![ \t]*nix(?:-shell|[ \t])[^\n]{0,300}?[ \t]-{1,2}(?:i|c|command)[ \t=]+[\"']?([\w./+-]{1,80})",
    re.MULTILINE,
)
# A shell script that hands itself to another program: `exec tclsh "$0" "$@"`.
_HANDS_OVER = re.compile(
    r"^\s*(?:'''|\"\"\")?\s*exec\s+(?:/usr/bin/env\s+)?([\w./-]+).*\$(?:0|\{0\})", re.MULTILINE
)
_SHELLS = frozenset("sh bash dash".split())
_TOP = 400  # characters at the start of a file, where that stands
_LONGER_TOP = 1_000  # the same for Nix, which lists packages there

# They run another program, which is named after their own flags, subcommands and settings.
_WRAPPERS = frozenset(
    """apptainer arch asdf bundle bunx busybox caffeinate chpst chroot chrt command conda devbox
    direnv doas dotenv dotnet env exec faketime fakeroot firejail flatpak flock flox guix hatch ionice
    mamba micromamba mise mpiexec mpirun nice nix nohup npm npx numactl opam pdm pipenv pipx pixi
    pkgx pnpm pnpx poetry proot proxychains pyenv rbenv rlwrap rtx rye s6-setuidgid scl setarch
    setsid singularity srun stdbuf su-exec sudo taskset tea time timeout torsocks toybox unbuffer
    unshare uv uvx winpty with-contenv xvfb-run yarn""".split()
)
_DEEPEST = 4  # wrappers within wrappers
_SPLIT = re.compile(r"-\w*S|-{2}split-string=")  # of `env -S`, which may have no blank after it
# What may stand between `env` and its program: flags, their values and variables.
_SETTING = re.compile(r"-|\w+=|\S+ -(?:u|C|-unset|-chdir)$")
_VERSION = re.compile(r"(?<=[a-zA-Z])-?[0-9.]+$")

# They run JavaScript as well as TypeScript, whatever the name of the file is.
_OF_BOTH = frozenset("deno bun".split())
_STRIPS_TYPES = re.compile(r"\bts-node\b|\btsx\b|-strip-types|-transform-types")
_TYPES = re.compile(
    r"""^[ \t]{0,40}(?:export[ ])?(?:interface[ ]+\w+[^=(\n]{0,200}\{|type[ ]+\w+(?:<[^>\n]{0,100}>)?[ ]*=
      |(?:const[ ]+)?enum[ ]+\w+[ ]*\{|import[ ]+type\b|declare[ ]+\w)
    |\b(?:const|let|var)[ ]+\w{1,80}[ ]?:[ ]*[\w{(\[]
    |\bfunction\*?[ ]*\w{0,80}[ ]*(?:<[^>\n]{0,100}>)?\([^(){}\n]{0,200}\w\??:[ ]*\w
    |\(\w{1,80}\??:[ ]*[A-Za-z][^()\n]{0,200}\)[^\n(]{0,80}=>
    |\)[ ]?:[ ]*[A-Za-z][\w.<>\[\], |]{0,100}(?:\{[ \t\r]*$|=>)""",
    re.MULTILINE | re.VERBOSE,
)
_READ = 20_000  # characters that are searched for types


def interpreters(text: str, known: Iterable[str]) -> Iterator[str]:
    """The programs that the first lines may name as the one to run the file, the likeliest first.

    `known` are the programs that a wrapper is looked through for.
    """
    found = _SHEBANG.match(text)
    if not found:
        return
    line = found[1]
    for program in _programs([_name_of(word) for word in line.split()], frozenset(known)):
        for name in (*_instead_of(program, line, text), program):
            yield name
            yield _VERSION.sub("", name)


def _instead_of(program: str, line: str, text: str) -> Iterator[str]:
    """What runs the file in place of this program, by more than its name."""
    if program in _SHELLS and (found := _HANDS_OVER.search(text[:_TOP])):
        yield _name_of(found[1])
    if program in ("nix-shell", "nix") and (found := _OF_NIX.search(text[:_LONGER_TOP])):
        yield _name_of(found[1])
    strips_types = program == "node" and _STRIPS_TYPES.search(line)
    if strips_types or (program in _OF_BOTH and _TYPES.search(text[:_READ])):
        yield "ts-node"
    if program == "osascript" and "javascript" in line.lower():
        yield "node"


def _programs(words: list[str], known: frozenset[str]) -> list[str]:
    """The program that the last wrapper runs, and then the wrappers, the innermost first."""
    programs: list[str] = []
    for _ in range(_DEEPEST):
        if not words:
            break
        programs.insert(0, words[0])
        if words[0] not in _WRAPPERS:
            break
        words = _run_by(words, known | _WRAPPERS)
    return programs


def _run_by(words: list[str], known: frozenset[str]) -> list[str]:
    """The part of a command that its first word, a wrapper, runs; empty for none."""
    for index, word in enumerate(words[1:], 1):
        if word in known or _VERSION.sub("", word) in known:
            return words[index:]
        # The first word that is no flag, but for the value of one.
        if words[0] == "env" and word and not _SETTING.match(word + " " + words[index - 1]):
            return []
    return []


def _name_of(word: str) -> str:
    """`/usr/bin/python3`, `"python3` and `-Spython3` are `python3`."""
    word = _SPLIT.sub("", word, count=1) if word.startswith("-") else word
    return word.strip("'\"").replace("\\", "/").rpartition("/")[2].removesuffix(".exe")
