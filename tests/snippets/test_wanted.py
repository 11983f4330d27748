"""Which words of the question a line says."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ccingest.snippets import WantedWords
from ccingest.snippets.wanted import said_by_line
from ccingest.terms import forms, word_terms, words

_WORDS = st.sampled_from(["retries", "max_retry", "maxRetry", "stop", "stopped", "HTTPServer", "é"])


@given(st.lists(st.lists(_WORDS, max_size=3).map(" ".join)), st.sets(_WORDS.map(str.lower)))
def test_a_line_says_each_word_that_it_has_in_any_form(lines: list[str], asked: set[str]) -> None:
    wanted = {form: (number, 1.0) for number, word in enumerate(asked) for form in forms(word)}
    terms = [[term for word in words(line) for term in word_terms(word)] for line in lines]
    assert [dict(found) for found in said_by_line("\n".join(lines), WantedWords(wanted))] == [
        {wanted[term][0]: 1.0 for term in of_line if term in wanted} for of_line in terms or [[]]
    ]
