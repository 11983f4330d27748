"""Numbers in messages: `1 chunk`, `2,647 chunks`."""

from __future__ import annotations


def number_of(count: int, noun: str) -> str:
    """A count and its noun.

    >>> number_of(1, "chunk"), number_of(2647, "chunk"), number_of(2, "repository")
    ('1 chunk', '2,647 chunks', '2 repositories')
    """
    if count != 1:
        noun = f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"
    return f"{count:,} {noun}"
