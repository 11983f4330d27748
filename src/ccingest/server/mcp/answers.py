"""Results as text and as a document, both within the same budget of tokens.

Some clients give an agent the text, others the document, so both say the same. What does not fit is
left out from the end, and the answer says how to get it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from ccingest.documents import agents
from ccingest.documents.markdown import estimated_tokens
from ccingest.models import (
    Dataset,
    FileLines,
    Freshness,
    Hit,
    Outline,
    SearchResult,
    SimilarResult,
)
from ccingest.models.overlays import CHANGED
from ccingest.plurals import number_of
from ccingest.visible import safe, safe_block

DEFAULT_TOKENS = 4000
_FRAME = 90  # tokens: the keys around the hits, and the sentence about what was left out
_LONGEST_LINE = 400  # characters of a line of a hit


@dataclass(frozen=True, slots=True)
class Answer:
    text: str
    document: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Shown:
    """A hit, and the lines of it that are shown."""

    hit: Hit
    lines: Sequence[tuple[int, str]]
    with_dataset: bool

    @property
    def text(self) -> str:
        hit = self.hit
        dataset = f"{hit.dataset}:" if self.with_dataset else ""
        heading = f"{hit.rank}. {dataset}{hit.path}:{hit.start_line}-{hit.end_line} {hit.symbol}"
        if hit.state in CHANGED:
            heading = f"{heading.rstrip()} [{hit.state}, not committed]"
        if hit.also:
            heading = f"{heading.rstrip()} (also at line {', '.join(map(str, hit.also))})"
        return "\n".join([safe(heading.rstrip()), *self._numbered()])

    def _numbered(self) -> Iterator[str]:
        before = None
        for number, line in self.lines:
            if before is not None and number != before + 1:
                yield "..."
            yield f"{number}| {safe_block(line)}".rstrip()
            before = number

    @property
    def document(self) -> agents.AgentHit:
        return agents.of_hit(self.hit, self.lines)

    @property
    def tokens(self) -> int:
        return max(estimated_tokens(self.text) + 1, tokens_of(self.document))


def tokens_of(document: object) -> int:
    return estimated_tokens(safe_block(json.dumps(document, ensure_ascii=False))) + 1


def search_answer(found: SearchResult, max_tokens: int) -> Answer:
    sources = _sources(found)
    shown, used = _fitting(found.hits, sources, max_tokens, with_dataset=len(found.datasets) > 1)
    left = len(found.hits) - len(shown)
    named = used or list(sources.values())[:1]
    document: agents.AgentSearch = {
        "query": found.query[:_LONGEST_LINE],
        "datasets": [one.document for one in named],
        "hits": [one.document for one in shown],
        "leftOut": left,
        "note": found.note or None,
    }
    head = "\n".join(one.line for one in named)
    more = _more_hits(left, max_tokens) if shown else f"No hits. {found.note}".strip()
    return Answer(_page(head, shown, more), document)


def similar_answer(found: SimilarResult, fresh: Freshness) -> Answer:
    source = agents.Source(found.dataset.repository, fresh)
    sources = {(found.dataset.project, found.dataset.name): source}
    shown, _ = _fitting(found.hits, sources, DEFAULT_TOKENS, with_dataset=False)
    left = len(found.hits) - len(shown)
    document: agents.AgentSimilar = {
        "dataset": source.document,
        "path": found.path,
        "line": found.line,
        "hits": [one.document for one in shown],
        "leftOut": left,
    }
    head = f"Like {safe(found.path)}:{found.line}. {source.line}"
    more = f"{left} more hits did not fit into {DEFAULT_TOKENS:,} tokens." if left else ""
    return Answer(_page(head, shown, more if shown else "No hits."), document)


def lines_answer(found: FileLines, fresh: Freshness) -> Answer:
    """As many lines as fit."""
    source = agents.Source(found.dataset.repository, fresh)
    budget = _left_for(source)
    lines = _lines(found.text)
    written = (safe_block(json.dumps(line, ensure_ascii=False)) for line in lines)
    sizes = accumulate(map(len, written))
    fitting = sum(size <= budget * 3 for size in sizes)
    text, notes = "".join(lines[:fitting]), []
    if lines and not fitting:  # one line of a file without line breaks, say
        text, fitting = lines[0][: budget * 2], 1
        notes.append(f"The line is cut: it is {len(lines[0]):,} characters long.")
    end = found.start_line + max(fitting, 1) - 1
    next_line = end + 1 if fitting < len(lines) else None
    if next_line:
        left = len(lines) - fitting
        notes.append(f"{left:,} more lines: read on with start={next_line}.")
    head = f"{safe(found.path)} lines {found.start_line}-{end}. {source.line}"
    body = safe_block(text.replace("\r\n", "\n")).rstrip("\n")
    shown = "\n\n".join(part for part in (head, body, " ".join(notes)) if part)
    return Answer(shown, agents.of_lines(found, source, text, end, next_line))


def outline_answer(found: Outline, fresh: Freshness) -> Answer:
    source = agents.Source(found.dataset.repository, fresh)
    budget = _left_for(source)
    sizes = accumulate(tokens_of({"symbol": one.name, "line": one.line}) for one in found.symbols)
    document = agents.of_outline(found, source, sum(size <= budget for size in sizes))
    rows = [f"{one['line']}: {safe(one['symbol'])}" for one in document["symbols"]]
    left = document["leftOut"]
    more = f"\n{left} more definitions did not fit; search for one by its name." if left else ""
    head = f"{safe(found.path)}. {source.line}"
    return Answer("\n".join([head, "", *(rows or ["It defines nothing."])]) + more, document)


def list_answer(
    datasets: Sequence[Dataset],
    fresh: Sequence[Freshness],
    jobs: Sequence[agents.AgentJob],
    match: str,
) -> Answer:
    sources = [agents.Source(one.repository, two) for one, two in zip(datasets, fresh, strict=True)]
    rows = [agents.of_dataset(one, two) for one, two in zip(datasets, sources, strict=True)]
    budget = DEFAULT_TOKENS - _FRAME - tokens_of(jobs)
    most = sum(size <= budget for size in accumulate(map(tokens_of, rows)))
    document: agents.AgentRepositories = {
        "repositories": rows[:most],
        "jobs": list(jobs),
        "leftOut": len(rows) - most,
    }
    lines = [f"{sources[at].line}; {number_of(rows[at]['files'], 'file')}" for at in range(most)]
    if not lines:
        lines = [
            f"No repository is like {safe(match)!r}; without match, all are listed."
            if match
            else "No repository is indexed; add_repository adds one."
        ]
    if len(rows) > most:
        lines.append(f"{len(rows) - most} more did not fit: ask with match.")
    return Answer("\n".join([*lines, *map(job_line, jobs)]), document)


def _sources(found: SearchResult) -> dict[tuple[str, str], agents.Source]:
    """Those that the result says the freshness of: all, or where they are many, those with hits."""
    by_key = {(one.project, one.name): one.repository for one in found.datasets}
    return {
        (one.project, one.dataset): agents.Source(by_key[one.project, one.dataset], one)
        for one in found.freshness
    }


def _left_for(source: agents.Source) -> int:
    """The tokens that are left beside the source and the frame."""
    return DEFAULT_TOKENS - _FRAME - tokens_of(source.document)


def job_line(job: agents.AgentJob) -> str:
    state = job["status"].replace("_", " ")
    where = f" {job['progress']} %" if job["status"] == "in_progress" else ""
    if where and job["phase"]:
        where += f" ({job['phase']})"
    why = job["error"] or job["message"] or ""
    line = f"Job {job['jobId']} for {job['repository']} (dataset {job['dataset']}): {state}{where}"
    return safe(f"{line}; {why}" if why else line)


def _fitting(
    hits: Sequence[Hit],
    sources: Mapping[tuple[str, str], agents.Source],
    max_tokens: int,
    *,
    with_dataset: bool,
) -> tuple[list[_Shown], list[agents.Source]]:
    """The first hits that fit, with the datasets that they are from; at least a part of the first."""
    shown: list[_Shown] = []
    used: dict[tuple[str, str], agents.Source] = {}
    left = max_tokens - _FRAME
    for hit in hits:
        key = hit.project, hit.dataset
        needed = 0 if key in used else tokens_of(sources[key].document)
        one = _Shown(hit, _cut(hit.snippet.lines), with_dataset)
        while not shown and one.lines and one.tokens + needed > left:
            one = _Shown(hit, one.lines[:-1], with_dataset)
        if shown and one.tokens + needed > left:
            break
        left -= one.tokens + needed
        used[key] = sources[key]
        shown.append(one)
    return shown, list(used.values())


def _cut(lines: Sequence[tuple[int, str]]) -> list[tuple[int, str]]:
    return [
        (number, line if len(line) <= _LONGEST_LINE else f"{line[:_LONGEST_LINE]}...")
        for number, line in lines
    ]


def _page(head: str, shown: Sequence[_Shown], *notes: str) -> str:
    parts = [head, *(one.text for one in shown), " ".join(note for note in notes if note)]
    return "\n\n".join(part for part in parts if part)


def _more_hits(left: int, max_tokens: int) -> str:
    if not left:
        return ""
    hits = "1 more hit" if left == 1 else f"{left} more hits"
    return (
        f"{hits} did not fit into {max_tokens:,} tokens: "
        "ask with a higher max_tokens, or fewer snippet_lines."
    )


def _lines(text: str) -> list[str]:
    """The lines as the store counts them, which end at a line feed only."""
    return [f"{line}\n" for line in text.split("\n")[:-1]] + (
        [last] if (last := text.rpartition("\n")[2]) else []
    )
