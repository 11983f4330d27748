"""Weak line questions of one file: what its comments, headings and error messages say.

    comment   what is said of a definition, answered by it once the comment is gone
    inline    what is said in a body, answered by the lines after it once the comment is gone
    error     the message of an error with its gaps filled, answered by where it is raised
    heading   a heading of documentation as a question, answered by its section

Said by who wrote the code, these share more words with it than what people ask. So a question that
mostly says the name of its definition is left out.
"""

from __future__ import annotations

import logging
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass

from comments import doc_above, docstring, inline_comments, is_english, sentences

from ccingest.chunking.definition_map import Definition
from ccingest.chunking.definitions import definitions
from ccingest.chunking.grammar import parse, refusal, run_on_parser_thread
from ccingest.chunking.sections import PROSE
from ccingest.languages import detect_language
from ccingest.ranking.penalties import is_test_path
from ccingest.terms import document_terms, query_terms, stem

log = logging.getLogger(__name__)

SHORTEST, LONGEST = 4, 150  # lines of a definition that answers
_NAMED = 0.5  # share of the question's words that may stand in the symbol
_WORDS = range(4, 26)
_FEWEST_TELLING = 3  # words that are no small words
_NO_CODE = frozenset({"", *PROSE, "text", "html", "json", "yaml", "toml", "xml", "css"})
_AFTER = 9  # lines after a comment in a body that it is about
_LONGEST_COMMENT, _LONGEST_BODY = 40, 6000  # lines; characters
_SECTION = range(4, 80)  # lines
_RAISED = re.compile(
    r"^(?![ \t]*(?://|\*|#|--|;|%|/\*)).*(?:raise|throw|error|panic|fatal|exception|abort|fail|invalid)\w*"
    r"\b[^\"'`\n]{0,60}[(\s,]f?([\"'`])((?:(?!\1)[^\\\n]|\\.){20,160})\1",
    re.IGNORECASE | re.MULTILINE,
)
_NO_MESSAGE = re.compile(r"^\W|\[\[|https?:|\.\w+\(")
_NO_SENTENCE = re.compile(
    r"^(pragma|if [A-Z_]{3}|ifn?def|endif|define|import|include|region)\b|\w+\(.*\)$"
)
_GAP = re.compile(r"\$\{[^}]*\}|#\{[^}]*\}|\{[^}]*\}|%[-+0-9.]*[a-zA-Z]|\\[nt]|\\\([^)]*\)")
_FILL = (
    "user", "42", "my_field", "/tmp/data", "foo", "default", "Order", "3", "name", "example.com",
)  # fmt: skip
_VERBS = (
    "return|get|set|check|create|add|remove|determine|convert|parse|find|compute|calculate|handle"
    "|make|build|send|read|write|update|delete|load|run|start|stop|call|register|apply|generate"
    "|render|validate|resolve|wrap|provide|define|allow|use|test|print|fetch|close|open|insert|copy"
    "|emit|format|merge|extract|wait|process|append|encode|decode|perform|execute|construct|configure"
)
_THIRD_PERSON = re.compile(rf"^({_VERBS}|initialize|represent|specify)(?:s|es)\b", re.IGNORECASE)
_IMPERATIVE = re.compile(rf"^({_VERBS})\b", re.IGNORECASE)
_FORMS = ("{}", "{}", "{}", "where does it {}", "how does it {}", "which code has to {}")
_GERUND = re.compile(r"^([A-Za-z]{3,}?)(?:([bdgmnprt])\2)?ing\b\s*")
_TITLED = re.compile(r"\b[A-Z][a-z]*\b")
_MARKDOWN = re.compile(r"^(#{1,5})\s+(.+?)\s*#*$", re.MULTILINE)
_NO_HEADING = re.compile(
    r"changelog|licen[cs]e|contribut|table of contents|acknowledg|release|credits|author|version|\d\.\d|code of conduct|security|overview|badge",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Asked:
    """`cut`: the lines of the comment that go, first and last; None if nothing goes."""

    kind: str
    text: str
    path: str
    first: int  # lines that answer, from 1, as they stand before anything is cut
    last: int
    cut: tuple[int, int] | None = None

    def is_apart(self, other: Asked) -> bool:
        """Whether neither's lines or comment touch the other's."""
        return self.begin > other.end or self.end < other.begin

    @property
    def begin(self) -> int:
        return min(self.first, self.cut[0]) if self.cut else self.first

    @property
    def end(self) -> int:
        return max(self.last, self.cut[1]) if self.cut else self.last


def questions_of(path: str, data: bytes, draw: random.Random) -> Iterator[Asked]:
    if is_test_path(path) or b"\0" in data or b"\r" in data:
        return
    try:
        text = data.decode("utf8")
    except UnicodeDecodeError:
        return
    language = detect_language(path, text[:2000])
    if language == "markdown":
        yield from of_headings(path, text, draw)
    if language in _NO_CODE or refusal(language, data):
        return
    for one in run_on_parser_thread(lambda: _definitions(data, language)):
        yield from of_comment(path, data, one, language, draw)
        yield from of_body(path, data, one, draw)
    yield from of_errors(path, text, draw)


def _definitions(data: bytes, language: str) -> list[Definition]:
    tree = parse(language, data)
    found = definitions(tree, data, language) if tree else ()
    return [
        one for one in found if SHORTEST <= data.count(b"\n", one.start, one.end) + 1 <= LONGEST
    ]


def of_comment(
    path: str, data: bytes, one: Definition, language: str, draw: random.Random
) -> Iterator[Asked]:
    first, last = line_of(data, one.start), line_of(data, one.end - 1)
    before = data[max(0, one.start - 4000) : one.start].decode("utf8", "ignore")
    code = data[one.start : one.end].decode("utf8", "ignore")
    if language == "python":
        comment, rest = docstring(code)
        gone = _docstring_lines(code, comment) if comment else None
        if gone is None or rest.strip().count("\n") < SHORTEST - 2:
            return
        cut = first + gone[0], first + gone[1]
    else:
        comment, start = doc_above(before + code[:1], len(before))
        if not comment:
            return
        size = before[start:].rstrip().count("\n") + 1
        begin = first - before[start:].count("\n")
        cut = begin, begin + size - 1
    said = sentences(comment)
    question = asked_for(said[0], draw) if said else ""
    if question and tells(question, one.symbol) and cut[1] - cut[0] < _LONGEST_COMMENT:
        yield Asked("comment", question, path, first, last, cut)


def _docstring_lines(code: str, comment: str) -> tuple[int, int] | None:
    """Which lines of the code, from 0, are its docstring and nothing else."""
    if code.count(comment) != 1:
        return None
    before, _, after = code.partition(comment)
    opened, closed = before.rpartition("\n")[2].strip(), after.partition("\n")[0].strip()
    if opened.lstrip("rRuU") not in ('"""', "'''") or closed not in ('"""', "'''"):
        return None
    begin = before.count("\n")
    return begin, begin + comment.count("\n")


def of_body(path: str, data: bytes, one: Definition, draw: random.Random) -> Iterator[Asked]:
    code = data[one.start : one.end].decode("utf8", "ignore")
    if len(code) > _LONGEST_BODY:
        return
    first, last = line_of(data, one.start), line_of(data, one.end - 1)
    for said, rest in inline_comments(code)[:3]:
        same = next((at for at, (a, b) in enumerate(zip(code, rest, strict=False)) if a != b), -1)
        size = code.count("\n") - rest.count("\n")
        if same < 0 or size < 1:
            continue
        begin = first + code[:same].count("\n")
        question = asked_for(said, draw)
        if question and tells(question, one.symbol) and begin + size + 2 < last:
            after = begin + size
            until = min(last, after + _AFTER)
            yield Asked("inline", question, path, after, until, (begin, begin + size - 1))


def of_errors(path: str, text: str, draw: random.Random) -> Iterator[Asked]:
    size = text.count("\n") + 1
    for found in _RAISED.finditer(text):
        message = " ".join(_GAP.sub(lambda _: draw.choice(_FILL), found[2]).split())
        is_said = is_english(found[2]) and not _NO_MESSAGE.search(found[2])
        if is_said and len(message.split()) in _WORDS:
            at = text.count("\n", 0, found.start(2)) + 1
            yield Asked("error", message, path, max(1, at - 4), min(size, at + 3))


def of_headings(path: str, text: str, draw: random.Random) -> Iterator[Asked]:
    marks = [*_MARKDOWN.finditer(text)]
    size = text.count("\n") + 1
    for mark, after in zip(marks, [*marks[1:], None], strict=False):
        first = text.count("\n", 0, mark.start()) + 1
        last = text.count("\n", 0, after.start()) if after else size
        heading = " ".join(mark[2].replace("`", "").split())
        words = query_terms(heading).split()
        if len(words) < 2 or not heading.isascii() or _NO_HEADING.search(heading):
            continue
        if last - first + 1 in _SECTION and len(heading.split()) < _WORDS.stop:
            yield Asked("heading", _how(heading, draw), path, first, last)


def _how(heading: str, draw: random.Random) -> str:
    """`Running the tests`: how do I run the tests."""
    plain = _TITLED.sub(lambda found: found[0].lower(), heading.strip(" .:?!"))
    gerund = _GERUND.match(plain)
    if gerund:
        verb = (gerund[1] + (gerund[2] or "")).lower()
        asked = draw.choice(("how do I", "how to", "how can I"))
        return f"{asked} {verb} {plain[gerund.end() :]}".strip()
    if plain.lower().startswith(("how", "what", "why", "when", "where")):
        return plain
    return draw.choice(("{}", "how does {} work", "how do I use {}", "what is {}")).format(plain)


def asked_for(sentence: str, draw: random.Random) -> str:
    """A sentence as a question, in one of some forms; empty if nobody would ask that."""
    if _NO_SENTENCE.search(sentence):
        return ""
    text = _THIRD_PERSON.sub(r"\1", sentence).strip(" .:")
    if text[:2] != text[:2].upper():
        text = text[:1].lower() + text[1:]
    if _IMPERATIVE.match(text):
        text = draw.choice(_FORMS).format(text)
    return text if len(text.split()) in _WORDS and "\t" not in text and "\n" not in text else ""


def tells(question: str, symbol: str) -> bool:
    """Whether most of its words aren't those of the name, for who asks does not know it."""
    said = {stem(term) for term in query_terms(question).split()}
    named = {stem(term) for term in document_terms(symbol).split()}
    last = symbol.rpartition(".")[2]
    return (
        len(said) >= _FEWEST_TELLING
        and len(said & named) <= _NAMED * len(said)
        and (len(last) < 4 or last not in question)
    )


def line_of(data: bytes, position: int) -> int:
    return data.count(b"\n", 0, position) + 1
