"""What reads hostile texts: one function for each kind. Each yields what a person may see of it.

A CcingestError is an answer. Any other error is a finding.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from random import Random

from ccingest.app.search import make_question
from ccingest.chunking import chunk_file
from ccingest.errors import CcingestError
from ccingest.languages import detect_language
from ccingest.models import Question, SelectedFile, SourceFile
from ccingest.ranking import ParsedQuery
from ccingest.search.filters import row_filter
from ccingest.secrets import hide_secrets
from ccingest.selection import read_file
from ccingest.selection.notebooks import notebook_source
from ccingest.selection.rules import PathRules, check_globs
from ccingest.settings import load_settings
from ccingest.sources.git.advertisement import (
    MalformedAdvertisementError,
    OversizedAdvertisementError,
    parse_advertisement,
    server_text,
)
from ccingest.sources.git.redirects import redirect_target
from ccingest.sources.hosting import Answer, next_page, parse_repositories, pause_of
from ccingest.sources.references import check_branch, parse_owner, parse_reference
from ccingest.terms import query_terms
from fuzzing import samples
from fuzzing.files import folders, parts
from fuzzing.repositories import packs
from fuzzing.services import vectors
from fuzzing.sites import answers, pages
from fuzzing.texts import hostile, hostile_bytes, in_parts, with_password

_CONFIG_KEYS = ("GH_HOST", "CHUNK_CHAR_TARGET", "CHUNK_CHAR_OVERLAP", "EMBEDDING_BATCH_SIZE")


@dataclass(frozen=True, slots=True)
class Target:
    run: Callable[[Random], Iterator[str]]
    seconds: float  # of processor time; more for one case is a finding


def references(random: Random) -> Iterator[str]:
    text = hostile(random, samples.REFERENCES)
    if random.random() < 0.5:
        text = with_password(random, text)
    yield hide_secrets(text) if "://" in text else ""
    yield server_text(text)
    for parse in (parse_reference, parse_owner):
        yield from _answer(lambda parse=parse: str(parse(text)))  # type: ignore[misc]
    yield from _answer(lambda: redirect_target("https://github.com/o/r.git", text))


def branches(random: Random) -> Iterator[str]:
    text = hostile(random, samples.BRANCHES)
    yield from _answer(lambda: check_branch(text))


def globs(random: Random) -> Iterator[str]:
    wanted = [hostile(random, samples.GLOBS) for _ in range(random.choice([1, 2, 20]))]
    yield from _answer(lambda: _checked(wanted))
    yield from _answer(lambda: str(_reasons(PathRules.build({}, wanted, wanted[:1], 10))))
    yield from _answer(lambda: str(_allowed(wanted)))


def rules(random: Random) -> Iterator[str]:
    folders = ["", "src/", "a*b/", "é/", "dir7/"]
    files = {
        f"{random.choice(folders)}.ccingestignore": hostile(random, samples.IGNORES),
        f"{random.choice(folders)}.gitattributes": hostile(random, samples.ATTRIBUTES),
    }
    yield from _answer(lambda: str(_reasons(PathRules.build(files, [], [], 100_000))))


def config(random: Random) -> Iterator[str]:
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        (home / "config.toml").write_bytes(hostile_bytes(random, samples.CONFIGS))
        environment = {"CCINGEST_HOME": str(home), "GITHUB_TOKEN": ""}
        if random.random() < 0.3:
            environment[random.choice(_CONFIG_KEYS)] = hostile(random, samples.HEADERS)
        if random.random() < 0.1:
            environment["CCINGEST_HOME"] = hostile(random, samples.PATHS)
        yield from _answer(lambda: str(load_settings(environment)))


def notebooks(random: Random) -> Iterator[str]:
    text = hostile(random, samples.NOTEBOOKS)
    found = notebook_source(text)
    if found:
        assert found[1], "a notebook without a language"
    yield from _file(random, "a.ipynb", hostile_bytes(random, samples.NOTEBOOKS))


def chunks(random: Random) -> Iterator[str]:
    """Files as they lie in a repository: chosen, decoded, their language found, and cut."""
    everything = (*samples.SOURCES, *samples.PYTHON)
    name, text = random.choice(everything)
    texts = [text, *(random.choice(everything)[1] for _ in range(2))]
    if random.random() < 0.3:
        name = random.choice(everything)[0]
    yield from _file(random, name, hostile_bytes(random, texts))


def hosting(random: Random) -> Iterator[str]:
    body = hostile_bytes(random, samples.LISTINGS)
    with suppress(ValueError):
        for repository in parse_repositories(body):
            yield str(repository.full_name)
    headers = {
        name: hostile(random, samples.HEADERS)
        for name in ("Link", "Retry-After", "X-RateLimit-Reset", "X-RateLimit-Remaining", "Date")
    }
    next_page(headers["Link"])
    pause = pause_of(Answer(random.choice([200, 403, 429]), headers, body))
    assert pause is None or 0 <= pause <= 86_401, f"a pause of {pause} s"


def advertisements(random: Random) -> Iterator[str]:
    data = hostile_bytes(random, samples.ADVERTISEMENTS)
    wanted = random.choice([None, hostile(random, samples.BRANCHES)])
    try:
        found = parse_advertisement(in_parts(random, data), wanted)
    except (MalformedAdvertisementError, OversizedAdvertisementError) as error:
        yield server_text(str(error))
    else:
        assert all(len(oid) in (40, 64) for oid in found.ids.values())


def questions(random: Random) -> Iterator[str]:
    text = hostile(random, samples.QUESTIONS)
    yield query_terms(text)
    ParsedQuery.of(text)
    yield from _answer(
        lambda: str(
            make_question(
                text,
                mode=random.choice(["hybrid", hostile(random, ["vector"])]),
                languages=[hostile(random, ["python", "C++"])] * random.randrange(2),
                content=random.choice(["all", hostile(random, ["docs"])]),
            )
        )
    )


class _Snapshot:
    """One file in memory: the least that a source can be."""

    revision_id = "0" * 40
    was_kept = False

    def __init__(self, data: bytes) -> None:
        self._data = data

    def entries(self) -> Iterator[object]:
        return iter(())

    def size(self, path: str, content_id: str) -> int:  # noqa: ARG002
        return len(self._data)

    def read(self, path: str, content_id: str) -> bytes:  # noqa: ARG002
        return self._data


def _file(random: Random, name: str, data: bytes) -> Iterator[str]:
    wanted = random.random() < 0.5
    chosen = SelectedFile(f"src/{name}", "", len(data), is_wanted=wanted)
    found = read_file(_Snapshot(data), chosen)  # type: ignore[arg-type]
    if not isinstance(found, SourceFile):
        yield found
        return
    assert found.language == detect_language(found.path, found.text) or name.endswith(".ipynb")
    target = random.choice([100, 1000, 1000, 100_000])
    overlap = random.choice([0, target // 10, target // 2])
    cut = chunk_file(found, target=target, overlap=overlap).chunks
    text = "".join(chunk.text[chunk.overlap :] for chunk in cut)
    assert text == found.text, "the chunks are not the file"


def _answer(ask: Callable[[], str]) -> Iterator[str]:
    try:
        yield ask()
    except CcingestError as error:
        yield error.message


def _checked(globs: list[str]) -> str:
    check_globs(globs, globs)
    return ""


def _reasons(rules: PathRules) -> list[tuple[str, str] | None]:
    for path in samples.PATHS:
        rules.language(path)
    return [rules.skips(path) for path in samples.PATHS]


def _allowed(wanted: list[str]) -> list[bool]:
    where = row_filter(Question("x", paths=tuple(wanted)))
    allowed: list[bool] = where.allows("path", list(samples.PATHS)).tolist()
    return allowed


TARGETS: Mapping[str, Target] = {
    "references": Target(references, 2),
    "branches": Target(branches, 2),
    "globs": Target(globs, 10),
    "rules": Target(rules, 20),
    "config": Target(config, 2),
    "notebooks": Target(notebooks, 8),
    "chunks": Target(chunks, 8),
    "hosting": Target(hosting, 2),
    "advertisements": Target(advertisements, 2),
    "questions": Target(questions, 2),
    "pages": Target(pages, 8),
    "answers": Target(answers, 4),
    "vectors": Target(vectors, 2),
    "folders": Target(folders, 8),
    "parts": Target(parts, 4),
    "packs": Target(packs, 20),
}

# Those that ask a home, which is made first.
HOMED = ("stores", "requests", "agents", "sockets")


def homed(target: str) -> Callable[[Random, Path], Iterator[str]]:
    """What asks the home. Imported here, as a server takes half a second to import."""
    if target == "stores":
        from fuzzing.stores import stores

        return stores
    if target == "agents":
        from fuzzing.agents import agents

        return agents
    if target == "sockets":
        from fuzzing.sockets import sockets

        return sockets
    from fuzzing.doors import requests

    return requests
