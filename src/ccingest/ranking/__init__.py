"""Candidates to an order, and why. Pure functions: no store, no model, no clock.

    question.py   what is asked: its words, the names and paths in it, what kind of question it is
    names.py      names of definitions, as questions say them
    facts.py      what is known of a chunk whatever is asked
    pool.py       all candidates of a question, with what the signals need to know of each
    signals.py    what speaks for a chunk: each a function from 0 to 1, a reason and a weight
    penalties.py  what speaks against a file: each a test, a reason and a factor
    content.py    what a chunk is: code, documentation, configuration, a test
    features.py   all of that as numbers, and more
    forest.py     half of the learned ranker: features to a score by trees
    nets.py       the other half, by small nets
    words.py      how a chunk meets each word of the question: by itself, or by one that is like it
    word_nets.py  the second stage: the best candidates again, by that
    ranker.py     all together
    copies.py     near-copies folded into one
    fusion.py     put together: rules for names and paths, the learned ranker for the rest, a file's fair share

How the ranker was trained, and what each part brings, is in benchmarks/README.md.
"""

from ccingest.ranking.content import content_of, patterns_of
from ccingest.ranking.copies import fold_copies
from ccingest.ranking.fusion import (
    REPEATED,
    Ranked,
    by_bm25,
    by_similarity,
    confidence,
    explain,
    fair_share,
    hybrid,
)
from ccingest.ranking.names import title_of
from ccingest.ranking.pool import Candidates, Found
from ccingest.ranking.question import ParsedQuery, declaration_of

__all__ = [
    "REPEATED",
    "Candidates",
    "Found",
    "ParsedQuery",
    "Ranked",
    "by_bm25",
    "by_similarity",
    "confidence",
    "content_of",
    "declaration_of",
    "explain",
    "fair_share",
    "fold_copies",
    "hybrid",
    "patterns_of",
    "title_of",
]
