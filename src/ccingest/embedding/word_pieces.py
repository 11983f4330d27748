"""Words to tokens by a vocabulary of WordPiece.

The library `tokenizers` takes as long to load as a question to answer, and twice as long for a word.
So it is asked only for words with other letters than those of ASCII. A test holds both against each
other.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cached_property
from itertools import count
from pathlib import Path
from typing import Any

TOKENIZER, VOCABULARY = "tokenizer.json", "vocab.txt"

# Where the tokenizer cuts a name of ASCII letters and digits: `getUser`, `HTTPServer`.
_CASE = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_LONGEST_WORD = 100  # of a longer one the tokenizer knows nothing
_CONTINUES = "##"  # before a token that does not begin a word


class WordPieces:
    """The tokens of words, by the files of a model in a folder. For any number of threads."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def of(self, words: Sequence[str]) -> list[list[int]]:
        """The known tokens of each word, which has no ASCII character but letters and digits."""
        number_of, longest = self._vocabulary
        found = {word: _tokens(word, number_of, longest) for word in words if word.isascii()}
        others = [word for word in words if not word.isascii()]
        if others:
            tokenizer, unknown = self._tokenizer
            encodings = tokenizer.encode_batch_fast(others, add_special_tokens=False)
            for word, encoding in zip(others, encodings, strict=True):
                found[word] = [token for token in encoding.ids if token != unknown]
        return [found[word] for word in words]

    @cached_property
    def _vocabulary(self) -> tuple[Mapping[str, int], int]:
        """The number of each token, and the length of the longest."""
        tokens = (self._folder / VOCABULARY).read_text(encoding="utf8").split("\n")
        return dict(zip(tokens, count(), strict=False)), max(map(len, tokens))

    @cached_property
    def _tokenizer(self) -> tuple[Any, int | None]:
        """The library's, and its token for what the model does not know."""
        from tokenizers import Tokenizer

        tokenizer = Tokenizer.from_file(str(self._folder / TOKENIZER))
        return tokenizer, tokenizer.token_to_id("[UNK]")


def _tokens(word: str, number_of: Mapping[str, int], longest: int) -> list[int]:
    token = number_of.get(word)
    if token is not None:
        return [token]
    return [
        token
        for part in _CASE.split(word)
        if len(part) <= _LONGEST_WORD
        for token in _pieces(part.lower(), number_of, longest)
    ]


def _pieces(part: str, number_of: Mapping[str, int], longest: int) -> list[int]:
    """From the left, each time the longest token that fits; none if there is one for no letter."""
    found: list[int] = []
    start = 0
    while start < len(part):
        before = _CONTINUES if start else ""
        for end in range(min(len(part), start + longest), start, -1):
            token = number_of.get(before + part[start:end])
            if token is not None:
                break
        else:
            return []
        found.append(token)
        start = end
    return found
