from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccingest.models import Chunk
from ccingest.store.counting import count_terms
from ccingest.store.postings import term_hash
from ccingest.terms import document_terms, forms, matched_words, query_terms, stem


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
        ("größeÄndern", "größe ändern größeändern grosse andern grosseandern"),
        ("ёлкой", "ёлкой елкой"),
        ("сервер", "сервер"),
        ("Łódź", "łódź lodz"),
        ("日本語", "日本 本語 日 本 語"),
        ("語", "語"),
        ("验证user密码", "验证 验 证 user 密码 密 码"),
        ("사용자를", "사용 용자 자를 사 용 자 를"),
        ("เวลานาน", "เว วล ลา าน นา าน"),
        ("ผ่าน", "ผ่ ่า าน"),
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
    assert document_terms(text, "é").split() == [*document_terms(text).split(), "é", "e"]


@pytest.mark.parametrize("word", ["redirects", "redirecting", "stopped", "queries", "routes"])
def test_other_forms_of_a_word(word: str) -> None:
    found = forms(word)
    assert found[0] == word
    assert len({stem(form) for form in found}) == 1
    assert len(set(found)) == len(found) > 3


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("Café", "Cafe\u0301"),
        ("Cafe\u0301", "Café"),
        ("한국", "\u1112\u1161\u11ab\u1100\u116e\u11a8"),  # as macOS writes names of files
        ("データ", "\uff83\uff9e\uff70\uff80"),
        ("fullwidth", "ＦＵＬＬＷＩＤＴＨ"),
        ("cafe", "Cafe\u0301"),
        ("Zurich", "Zürich"),
        ("οδος", "ὁδός"),
        ("strasse", "Straße"),
        ("efficient", "e\ufb03cient"),
        ("bold", "\U0001d41b\U0001d428\U0001d425\U0001d41d"),
        ("softhyphen", "soft\xadhyphen"),
        ("שלום", "\u05e9\u05c1\u05b8\u05dc\u05d5\u05b9\u05dd"),
        ("كتاب", "كِتَاب"),
        ("كتاب", "كـتـاب"),
        ("istanbul", "İSTANBUL"),
        ("池", "连接池"),
        ("값", "값을"),
        ("เวลา", "ช่วงเวลานาน"),
        ("🚀", "launch 🚀🚀"),
        ("✅", "✅ done"),
        ("🚀", "👩\u200d🚀"),
        ("👍", "👍\U0001f3fd"),
    ],
)
def test_the_same_letters_are_found_however_they_are_encoded(question: str, text: str) -> None:
    asked = query_terms(question).split()
    assert asked
    assert set(asked) <= set(document_terms(f"x {text}.").split())
    counted = count_terms(1, [Chunk("a.md", 1, 1, "markdown", "", "block", f"x {text}.")])
    assert all(len(counted.of(term_hash(term))[0]) for term in asked)
    terms = frozenset(asked)
    assert matched_words(f"x {text}.", terms)


def test_neighbours_are_asked_for_and_not_single_letters() -> None:
    assert query_terms("密码池") == "密码 码池"
    assert query_terms("池") == "池"


def test_what_is_no_word_has_one_form() -> None:
    assert [forms(term) for term in ("x9", "密码", "ab")] == [("x9",), ("密码",), ("ab",)]
