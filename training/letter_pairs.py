"""Counts which letters stand beside each other in a language, for src/ccingest/selection/letters.py.

    python letter_pairs.py Django-5.2-py3-none-any.whl sphinx-8.1.3-py3-none-any.whl

Prints that module. The texts are the translations in the wheels: short sentences about software, as
comments are.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from math import log2
from pathlib import Path

from archives import read_files

LATIN = "fr de es pt it sv da nb nl fi is ca pl cs sk hu ro hr sl tr lt lv et".split()
OTHER = "el ru uk bg sr he ar th".split()
WIDE = {"ja": "ja", "zh": "zh_Hans zh_CN", "tw": "zh_Hant zh_TW", "ko": "ko"}
MOST_BITS = {"pairs": 10, "letters": 11}
MANY = 30  # common words of a language
NO_TEXT = re.compile(r"%\([^)]*\)[sd]|%[sd]|\{[^}]*\}|<[^>]*>|&\w+;|:\w+:|`[^`]*`")
SAID = re.compile(r'^msgstr(?:\[\d\])? "(.*)"|^"(.*)"', re.MULTILINE)
# With the vowels and tones that stand above the letters of Thai.
WORD = re.compile(r"(?:[^\W\d_]|[\u0e31\u0e34-\u0e3a\u0e47-\u0e4e])+")
HEAD = '''"""What is common in the languages that are written in encodings other than UTF-8.

Made by training/letter_pairs.py. Each string holds tiers, from that of 0 bits on; the pairs or
letters of a tier have its number of bits: -log2 of how often the second follows the first, or of how
often the letter is. `_` is the edge of a word.
"""

'''


def texts(archives: list[Path]) -> dict[str, str]:
    found: dict[str, list[str]] = {}
    for path, data in read_files(archives):
        place = re.search(r"locale/(\w+)/LC_MESSAGES/\w+\.po$", path)
        if place:
            entries = data.decode().split("\n\n")[1:]
            said = [
                "".join(one or two for one, two in SAID.findall("msgstr" + part))
                for entry in entries
                for part in entry.split("\nmsgstr")[1:]
            ]
            found.setdefault(place[1], []).extend(said)
            source = [entry.partition("msgid")[2].partition("\nmsgstr")[0] for entry in entries]
            found.setdefault("en", []).extend(source)
    return {name: NO_TEXT.sub(" ", "\n".join(parts)) for name, parts in found.items()}


def folded(text: str) -> str:
    # The old encodings have the letters of Romanian with a cedilla only.
    return "".join(letter.lower()[:1] for letter in text).translate(str.maketrans("șț", "şţ"))


def pairs(text: str) -> Counter[str]:
    return Counter(
        pair
        for word in WORD.findall(folded(text))
        for pair in (f"_{word}_"[at : at + 2] for at in range(len(word) + 1))
    )


def pair_tiers(text: str) -> str:
    """All pairs count for what follows a letter; those of two ASCII letters tell nothing."""
    counted = pairs(text)
    first: Counter[str] = Counter()
    for pair, number in counted.items():
        first[pair[0]] += number
    bits = {
        pair: -log2(number / (first[pair[0]] + 20))
        for pair, number in counted.items()
        if number > 1 and not pair.isascii()
    }
    return tiers(bits, MOST_BITS["pairs"])


def letter_tiers(text: str) -> str:
    counted = Counter(letter for letter in text if letter > "\x7f")
    whole = sum(counted.values())
    bits = {letter: -log2(number / whole) for letter, number in counted.items()}
    return tiers(bits, MOST_BITS["letters"])


def tiers(bits: dict[str, float], most: int) -> str:
    rows: list[list[str]] = [[] for _ in range(most + 1)]
    for what in sorted(bits):
        if bits[what] < most + 0.5:
            rows[round(bits[what])].append(what)
    return " ".join("".join(row) for row in rows)


def common_words(text: str, known: set[str]) -> str:
    counted = Counter(WORD.findall(folded(text)))
    return " ".join(
        [word for word, _ in counted.most_common(400) if len(word) > 1 and word not in known][:MANY]
    )


def half_width(text: str) -> str:
    """Its words in katakana, as they are in the half-width form of old encodings."""
    from unicodedata import normalize

    halves = {normalize("NFKC", chr(code)): chr(code) for code in range(0xFF66, 0xFF9E)}
    marks = {"\u3099": "\uff9e", "\u309a": "\uff9f"}
    return "".join(halves.get(letter, marks.get(letter, " ")) for letter in normalize("NFD", text))


def main() -> None:
    found = texts([Path(name) for name in sys.argv[1:]])
    known = {word for word, _ in Counter(WORD.findall(found["en"].lower())).most_common(3000)}
    print(HEAD + "PAIRS = {")
    for name in LATIN + OTHER:
        print(f'    "{name}": "{pair_tiers(found[name])}",')
    print(f'    "kana": "{pair_tiers(half_width(found["ja"]))}",\n}}\n\nLETTERS = {{')
    for name, places in WIDE.items():
        text = "".join(found.get(place, "") for place in places.split())
        print(f'    "{name}": "{letter_tiers(text)}",')
    print("}\n\n# Of those in Latin letters, without what is common in English.\nWORDS = {")
    for name in LATIN:
        print(f'    "{name}": "{common_words(found[name], known)}",')
    print("}")


if __name__ == "__main__":
    main()
