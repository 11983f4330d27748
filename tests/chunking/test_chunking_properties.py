"""Promises on real code bent out of shape, and on text that no one writes, for every language."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ccingest.chunking import chunk_file
from ccingest.languages import LANGUAGES, detect_language
from chunk_promises import broken_promises, source
from effort import effort

SAMPLES = {
    path.name: path.read_bytes().decode()
    for path in sorted((Path(__file__).parent.parent / "samples").iterdir())
}
LANGUAGE_OF = {name: detect_language(name, text[:1000]) for name, text in SAMPLES.items()}

# What splits badly: line ends of all sorts, blanks, brackets, marks, joined emoji, flags, a BOM.
AWKWARD = st.sampled_from(
    """\r\n|\n|\r|\n\n\n|\x0c|\t|    |"|'|`|(|)|{|}|[|]|<|/*|*/|//|#|--|\\|"\""|e\u0301|ä|日本|𝔘
    |👩\u200d👩\u200d👧|👍🏽|🇩🇪🇫🇷|\ufeff|\u2028|\x00|\u0300\u0301|def |class |\ud800|🌱""".split(
        "|"
    )
)
BLANKS = st.builds(str.__mul__, st.sampled_from(["\n", " ", "\r\n"]), st.integers(50, 2_000))
TEXT = st.lists(st.one_of(AWKWARD, BLANKS, st.text(max_size=20)), max_size=60).map("".join)
LONG = st.builds(lambda text, times: (text or " ") * times, TEXT, st.integers(1, 50))
EXAMPLES = settings(max_examples=effort(12, 25), suppress_health_check=[HealthCheck.data_too_large])


def check(text: str, language: str, target: int, overlap: int) -> None:
    file = source(text, language)
    done = chunk_file(file, target=target, overlap=overlap)
    assert broken_promises(file, done.chunks, target=target, overlap=overlap) == []
    assert chunk_file(file, target=target, overlap=overlap) == done


sizes = st.sampled_from([(1000, 100), (300, 30), (100, 50), (100, 0)])


@pytest.mark.parametrize("name", SAMPLES)
@given(data=st.data())
@EXAMPLES
def test_samples_bent_out_of_shape(name: str, data: st.DataObject) -> None:
    text = SAMPLES[name]
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(text)))
        end = data.draw(st.integers(start, len(text)))
        middle = data.draw(st.one_of(TEXT, st.just(text[start:end] * 2), st.just("")))
        text = text[:start] + middle + text[end:]
    if data.draw(st.booleans()):
        text = text.replace("\r\n", "\n").replace("\n", data.draw(st.sampled_from(["\r\n", "\r"])))
    check(text, LANGUAGE_OF[name], *data.draw(sizes))


@given(
    names=st.lists(st.sampled_from(sorted(SAMPLES)), min_size=2, max_size=4),
    language=st.sampled_from(sorted(LANGUAGE_OF.values())),
    size=sizes,
)
@settings(EXAMPLES, max_examples=effort(25, 50))
def test_samples_of_other_languages(names: list[str], language: str, size: tuple[int, int]) -> None:
    check("".join(SAMPLES[name] for name in names), language, *size)


@given(text=LONG, language=st.sampled_from(sorted(LANGUAGES)), size=sizes)
@settings(EXAMPLES, max_examples=effort(75, 150))
def test_text_that_no_one_writes(text: str, language: str, size: tuple[int, int]) -> None:
    check(text, language, *size)
