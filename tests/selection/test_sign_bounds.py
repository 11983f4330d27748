"""Hostile text: no sign of a language takes more than linear time for any file."""

from __future__ import annotations

import time

import pytest

from ccingest.languages import detect_language, signs
from ccingest.languages.configuration_signs import ASSEMBLER

SIZE = 16 * 1024
LARGE = 1024 * 1024
SECONDS = 0.2  # of processor time; what takes quadratic time needs more even for 16 KiB

# What the signs begin with, or hold in the middle.
WORDS = """a A _ 0 ( ((a { [ < a< /* // (* {* # #if#__cplusplus class class#a public a( a.b a: a:: - -#a
    \\ \\a{ $ $a @ = := : const const#a const#a< template template#< namespace namespace#a struct#a
    struct#a: match let case#a kernel *) ; % %{ \" ' a, a#= function function#a function#a(
    procedure#a VARIABLE type#a a[ a[b_ x#-> =~ my#$ import module module#a. record#a= array[ $ff,
    ##$ -keep A_B A:b var (define (ns SynthDef ![a void#main uniform extern extern#"C" #include#<a
    #include#"a a::~ operator static_cast ) )#const =#default enum#class#a sub#a package#a use#A
    use#A:: =head multi has#$ say a.b. <?php é 😀 #! -*- -*-#a: mode: vim:#a exec ft= / 'a'#,
    inherit#a a:\n\t Class#a :-#a a:-\n
    bind#-a# set#-a export#a= a#( #define#a .macro li#a \"a\"#, {#\"a\"#: a#=#[\"a\" bind#= -keep $a.""".split(
    " "
)
UNITS = [" ", "\t", "\n", " \n", "\r", "\r\n", "\x0c"] + [
    word.strip().replace("#", " ") + end
    for word in WORDS
    if word.strip()
    for end in ("", " ", "\n")
]


SIGNS = {signs.compiled(sign) for signs_of in signs._SIGNS.values() for sign, _ in signs_of}
SIGNS.add(signs.compiled(ASSEMBLER))


@pytest.mark.parametrize("unit", UNITS)
def test_no_sign_takes_long_for_a_run(unit: str) -> None:
    code = signs._shortened(unit * (SIZE // len(unit)) + "!")
    for sign in SIGNS:
        start = time.process_time()
        sign.search(code)
        assert time.process_time() - start < SECONDS, sign.pattern


@pytest.mark.parametrize("suffix", [".h", ".m", ".v", ".inc", ".pl", ".pp", ".md", ".asm", ""])
@pytest.mark.parametrize(
    "unit", [" ", "\n", "a", "/*", "(*", "%", "#if __cplusplus\n", "-*- ", "#!"]
)
def test_no_file_takes_long(suffix: str, unit: str) -> None:
    text = unit * (LARGE // len(unit))
    start = time.process_time()
    detect_language(f"a{suffix}", text)
    assert time.process_time() - start < SECONDS
