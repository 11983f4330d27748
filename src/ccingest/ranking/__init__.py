"""Candidates to an order, and why. Pure functions: no store, no model, no clock.

    question.py   what is asked: its words, the names and paths in it, what kind of question it is
    pool.py       all candidates of a question, with what the signals need to know of each
    signals.py    what speaks for a chunk: each a function from 0 to 1, a reason and a weight
    penalties.py  what speaks against a file: each a test, a reason and a factor
    fusion.py     signals, penalties and the fair share of a file put together

How the weights were found, and what each brings, is in benchmarks/README.md.
"""

from ccingest.ranking.fusion import (
    Ranked,
    by_bm25,
    by_similarity,
    explain,
    fair_share,
    hybrid,
)
from ccingest.ranking.pool import Found, title_of
from ccingest.ranking.question import Asked

__all__ = [
    "Asked",
    "Found",
    "Ranked",
    "by_bm25",
    "by_similarity",
    "explain",
    "fair_share",
    "hybrid",
    "title_of",
]
