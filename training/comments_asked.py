"""Weak line questions: what comments and error messages say, answered by the lines that they are about.

    python training/comments_asked.py QUESTIONS MIRRORS OUT

QUESTIONS and MIRRORS as for benchmarks/line_repositories.py. Of each repository some definitions are
drawn whose comment tells in plain words what they do; the comment is taken out of the file, its first
sentence is the question and the definition answers it. So do the lines after a comment in a body. A
message of an error, with its gaps filled, is answered by where it is raised; that stays as it is.
Writes OUT/mirrors, repositories with one commit on top of the pinned one, which benchmarks/
line_repositories.py indexes, and OUT/NAME.tsv and OUT/repos.tsv.
"""

from __future__ import annotations

import argparse
import random
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pygit2

sys.path.insert(0, str(Path(__file__).parent.parent / "benchmarks"))
from comments import doc_above, docstring, inline_comments, is_english, sentences
from line_repositories import Mirror, read_mirrors

from ccingest.chunking.definition_map import Definition
from ccingest.chunking.definitions import definitions
from ccingest.chunking.grammar import parse, run_on_parser_thread
from ccingest.languages import detect_language
from ccingest.ranking.penalties import is_test_path
from ccingest.terms import document_terms, stem

MOST = {"comment": 60, "inline": 15, "error": 15}  # questions of a repository
MOST_OF_FILE = 4
MOST_FILES = 4_000  # of a repository; larger ones take too long to index
_LARGEST, _SHORTEST = 200_000, 80  # bytes of a file, of a definition
_NAMED = 0.5  # share of the question's words that may stand in the symbol
_WORDS = range(4, 26)
_PROSE = frozenset({"markdown", "rst", "text", "html", "json", "yaml"})
_AFTER = 9  # lines after a comment in a body that it is about
_ASIDE = re.compile(
    r"(^|/)(docs?|examples?|samples?|vendor|third_party|node_modules|dist|generated)/"
)
_RAISED = re.compile(
    r"(?:raise|throw|error|panic|fatal|exception|abort|fail|warn|invalid)\w*\b.{0,80}?"
    r"([\"'`])((?:(?!\1)[^\\\n]|\\.){20,160})\1",
    re.IGNORECASE,
)
_GAP = re.compile(r"\$\{[^}]*\}|#\{[^}]*\}|\{[^}]*\}|%[-+0-9.]*[a-zA-Z]|\\[nt]|\\\([^)]*\)")
_FILL = (
    "user",
    "42",
    "my_field",
    "/tmp/data",
    "foo",
    "default",
    "Order",
    "3",
    "name",
    "example.com",
)
_THIRD_PERSON = re.compile(
    r"^(Return|Get|Set|Check|Create|Add|Remove|Determine|Convert|Parse|Find|Compute|Calculate"
    r"|Handle|Make|Build|Send|Read|Write|Update|Delete|Load|Run|Start|Stop|Call|Register|Apply"
    r"|Generate|Render|Validate|Resolve|Wrap|Represent|Provide|Define|Initialize|Allow|Use)s\b"
)


@dataclass(frozen=True, slots=True)
class Asked:
    """`cut`: the lines of the comment that go, first and last; none without a comment."""

    category: str
    text: str
    path: str
    first: int  # lines that answer, from 1, as they stand before anything is cut
    last: int
    cut: tuple[int, int] | None


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("questions", type=Path)
    parser.add_argument("mirrors", type=Path)
    parser.add_argument("out", type=Path)
    arguments = parser.parse_args()
    (arguments.out / "mirrors").mkdir(parents=True, exist_ok=True)
    rows = []
    for mirror in read_mirrors(arguments.questions, arguments.mirrors):
        if mirror.is_here:
            sha, lines = made(mirror, arguments.out)
            (arguments.out / f"{mirror.name}.tsv").write_text("".join(lines), encoding="utf8")
            print(f"{mirror.name}: {len(lines)} questions", file=sys.stderr, flush=True)
            if lines:
                rows.append(f"{mirror.name}\t{mirror.language}\tweak/{mirror.name}\t{sha}\t\n")
    (arguments.out / "repos.tsv").write_text("".join(rows), encoding="utf8")
    return 0


def made(mirror: Mirror, out: Path) -> tuple[str, list[str]]:
    """A copy of the repository without the comments that are asked for: its commit, and questions."""
    target = out / "mirrors" / f"weak+{mirror.name}" / "repo"
    if not target.exists():
        subprocess.run(
            ["git", "clone", "-q", "--bare", "--shared", str(mirror.git), str(target)], check=True
        )
    repository = pygit2.Repository(str(target))
    draw = random.Random(mirror.name)
    tree = repository.revparse_single(mirror.sha).peel(pygit2.Tree)
    index = pygit2.Index()
    index.read_tree(tree)
    paths = [entry.path for entry in index]
    if len(paths) > MOST_FILES:
        return "", []
    draw.shuffle(paths)
    left = Counter(MOST)
    lines: list[str] = []
    for path in paths:
        entry = index[path]
        if not any(left.values()) or entry.id not in repository:
            continue
        blob = repository[entry.id]
        if not isinstance(blob, pygit2.Blob) or blob.size > _LARGEST or _ASIDE.search(path):
            continue
        asked = chosen(list(questions_of(path, blob.data, draw)), left, draw)
        if not asked:
            continue
        text, rows = without(blob.data.decode("utf8"), asked)
        lines += rows
        index.add(pygit2.IndexEntry(path, repository.create_blob(text.encode()), entry.mode))
    who = pygit2.Signature("ccingest", "ccingest@localhost", 0)
    commit = repository.create_commit(
        None, who, who, "comments that are asked for", index.write_tree(repository), []
    )
    repository.references.create("refs/heads/weak", commit, force=True)
    return str(commit), lines


def chosen(found: list[Asked], left: Counter[str], draw: random.Random) -> list[Asked]:
    """Some questions of a file, whose lines and comments are apart."""
    draw.shuffle(found)
    taken: list[Asked] = []
    for one in found:
        apart = all(
            max(one.first, one.cut[0] if one.cut else one.first) > other.last
            or one.last < min(other.first, other.cut[0] if other.cut else other.first)
            for other in taken
        )
        if apart and left[one.category] > 0 and len(taken) < MOST_OF_FILE:
            left[one.category] -= 1
            taken.append(one)
    return taken


def without(text: str, asked: list[Asked]) -> tuple[str, list[str]]:
    """The text without the comments, and the questions with the lines as they stand then."""
    gone = {n for one in asked if one.cut for n in range(one.cut[0], one.cut[1] + 1)}
    kept = [line for number, line in enumerate(text.split("\n"), 1) if number not in gone]
    rows = []
    for one in asked:
        first = one.first - sum(number < one.first for number in gone)
        last = one.last - sum(number <= one.last for number in gone)
        rows.append(f"{one.category}\t{one.text}\t{one.path}:{first}-{last}\t\n")
    return "\n".join(kept), rows


def questions_of(path: str, data: bytes, draw: random.Random) -> Iterator[Asked]:
    if is_test_path(path) or b"\0" in data or b"\r" in data:
        return
    try:
        text = data.decode("utf8")
    except UnicodeDecodeError:
        return
    language = detect_language(path, text[:2000])
    try:
        found = run_on_parser_thread(lambda: _definitions(data, language))
    except Exception:  # noqa: BLE001 - a file that can't be parsed has no questions
        return
    for one in found:
        yield from of_comment(path, data, one, language)
        yield from of_body(path, data, one)
    if language and language not in _PROSE:
        yield from of_errors(path, text, draw)


def _definitions(data: bytes, language: str) -> tuple[Definition, ...]:
    tree = parse(language, data)
    if tree is None or language in _PROSE:
        return ()
    return tuple(
        one for one in definitions(tree, data, language) if one.end - one.start > _SHORTEST
    )


def of_comment(path: str, data: bytes, one: Definition, language: str) -> Iterator[Asked]:
    first, last = line_of(data, one.start), line_of(data, one.end - 1)
    before = data[max(0, one.start - 4000) : one.start].decode("utf8", "ignore")
    code = data[one.start : one.end].decode("utf8", "ignore")
    if language == "python":
        comment, rest = docstring(code)
        if not comment or code.count(comment) != 1:
            return
        begin = first + code[: code.index(comment)].count("\n")
        cut = begin, begin + comment.count("\n")
        # The quotes stand on the first and the last of these lines, and nothing else does.
        stays = rest.strip().count("\n") >= 2
        if not stays or not whole_lines(code, comment):
            return
    else:
        comment, start = doc_above(before + code[:1], len(before))
        if not comment:
            return
        size = before[start:].rstrip().count("\n") + 1
        begin = first - before[start:].count("\n")
        cut = begin, begin + size - 1
    said = sentences(comment)
    question = plain(said[0]) if said else ""
    if question and tells(question, one.symbol) and cut[1] - cut[0] < 40:
        yield Asked("comment", question, path, first, last, cut)


def whole_lines(code: str, comment: str) -> bool:
    before, _, after = code.partition(comment)
    return (
        before.rpartition("\n")[2].strip().lstrip("rRuU") in ('"""', "'''")
        and after.partition("\n")[0].strip() in ('"""', "'''")
    )  # fmt: skip


def of_body(path: str, data: bytes, one: Definition) -> Iterator[Asked]:
    code = data[one.start : one.end].decode("utf8", "ignore")
    if len(code) > 6000:
        return
    first, last = line_of(data, one.start), line_of(data, one.end - 1)
    for said, rest in inline_comments(code)[:3]:
        same = next((at for at, (a, b) in enumerate(zip(code, rest, strict=False)) if a != b), -1)
        size = code.count("\n") - rest.count("\n")
        if same < 0:
            continue
        begin = first + code[:same].count("\n")
        question = plain(said)
        if question and tells(question, one.symbol) and begin + 2 < last:
            after = begin + size + 1
            yield Asked(
                "inline", question, path, after, min(last, after + _AFTER), (begin, begin + size)
            )


def of_errors(path: str, text: str, draw: random.Random) -> Iterator[Asked]:
    size = text.count("\n") + 1
    for found in _RAISED.finditer(text):
        message = " ".join(_GAP.sub(lambda _: draw.choice(_FILL), found[2]).split())
        if len(message.split()) in _WORDS and is_english(found[2]):
            at = text.count("\n", 0, found.start(2)) + 1
            yield Asked("error", message, path, max(1, at - 4), min(size, at + 3), None)


def plain(sentence: str) -> str:
    text = _THIRD_PERSON.sub(r"\1", sentence).strip(" .:")
    if text[:2] != text[:2].upper():
        text = text[:1].lower() + text[1:]
    return text if len(text.split()) in _WORDS and "\t" not in text else ""


def tells(question: str, symbol: str) -> bool:
    """Whether most of its words aren't those of the name, for who asks does not know it."""
    said = {stem(term) for term in document_terms(question).split()}
    named = {stem(term) for term in document_terms(symbol).split()}
    last = symbol.rpartition(".")[2]
    return len(said & named) <= _NAMED * len(said) and (len(last) < 4 or last not in question)


def line_of(data: bytes, position: int) -> int:
    return data.count(b"\n", 0, position) + 1


if __name__ == "__main__":
    sys.exit(main())
