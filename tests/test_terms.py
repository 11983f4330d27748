from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccingest.terms import document_terms, forms, query_terms, stem


@pytest.mark.parametrize(
    ("word", "terms"),
    [
        ("getUserById", "get user by id getuserbyid"),
        ("get_user_by_id", "get user by id getuserbyid"),
        ("HTTPServer", "http server httpserver"),
        ("parseJSON2", "parse json 2 parsejson2"),
        ("__init__", "init"),
        ("MAX_SIZE", "max size maxsize"),
        ("utf8", "utf 8 utf8"),
        ("größeÄndern", "größe ändern größeändern"),
        ("日本語", "日本 本語"),
        ("語", "語"),
        ("验证user密码", "验证 user 密码"),
        ("사용자를", "사용 용자 자를"),
        ("x", "x"),
    ],
)
def test_identifiers(word: str, terms: str) -> None:
    assert document_terms(word) == terms


def test_several_texts_are_joined_in_order() -> None:
    assert document_terms("src/mux.go", "", "Mux.Handle") == "src mux go mux handle"


def test_a_question_asks_for_its_telling_words_once() -> None:
    assert query_terms("How is the path path matched?") == "path matched"
    assert query_terms("what is it") == "what is it"
    assert query_terms("getUserById user") == "get user by id getuserbyid"
    assert query_terms("?!") == ""


def test_hashes_are_left_out() -> None:
    assert document_terms("a" * 65 + " b") == "b"


@given(st.text())
def test_a_text_finds_itself(text: str) -> None:
    assert set(query_terms(text).split()) <= set(document_terms(text).split())


@given(st.text())
def test_terms_are_lower_case_and_apart(text: str) -> None:
    terms = document_terms(text)
    assert terms == " ".join(terms.split())
    assert not any("A" <= letter <= "Z" for letter in terms)


@given(st.text(st.characters(max_codepoint=127)))
def test_ascii_beside_other_letters_is_the_same(text: str) -> None:
    assert document_terms(text, "é").split() == [*document_terms(text).split(), "é"]


@pytest.mark.parametrize("word", ["redirects", "redirecting", "stopped", "queries", "routes"])
def test_other_forms_of_a_word(word: str) -> None:
    found = forms(word)
    assert found[0] == word
    assert len({stem(form) for form in found}) == 1
    assert len(set(found)) == len(found) > 3


def test_what_is_no_word_has_one_form() -> None:
    assert [forms(term) for term in ("x9", "密码", "ab")] == [("x9",), ("密码",), ("ab",)]
