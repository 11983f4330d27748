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
from ccingest.models import Dataset, FileLines, Hit, Outline, SearchResult, SimilarResult
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
    return estimated_tokens(json.dumps(document, ensure_ascii=False)) + 1


def search_answer(found: SearchResult, max_tokens: int) -> Answer:
    by_key = {(one.project, one.name): one for one in found.datasets}
    shown, used = _fitting(found.hits, by_key, max_tokens, with_dataset=len(by_key) > 1)
    left = len(found.hits) - len(shown)
    sources = used or list(found.datasets[:1])
    document: agents.AgentSearch = {
        "query": found.query[:_LONGEST_LINE],
        "datasets": [agents.of_state(one) for one in sources],
        "hits": [one.document for one in shown],
        "leftOut": left,
        "note": found.note or None,
    }
    head = agents.state_line(sources) if shown else "No hits."
    return Answer(_page(head, shown, _more_hits(left, max_tokens), found.note), document)


def similar_answer(found: SimilarResult) -> Answer:
    by_key = {(one.project, one.name): one for one in found.datasets}
    shown, _ = _fitting(found.hits, by_key, DEFAULT_TOKENS, with_dataset=len(by_key) > 1)
    left = len(found.hits) - len(shown)
    document: agents.AgentSimilar = {
        "dataset": agents.of_state(found.dataset),
        "path": found.path,
        "line": found.line,
        "hits": [one.document for one in shown],
        "leftOut": left,
    }
    head = f"Like {safe(found.path)}:{found.line}. {agents.state_line([found.dataset])}"
    more = f"{left} more hits did not fit into {DEFAULT_TOKENS:,} tokens." if left else ""
    return Answer(_page(head, shown, more, "" if shown else "No hits."), document)


def lines_answer(found: FileLines) -> Answer:
    """As many lines as fit."""
    budget = DEFAULT_TOKENS - _FRAME - tokens_of(agents.of_state(found.dataset))
    lines = _lines(found.text)
    sizes = accumulate(max(len(json.dumps(line, ensure_ascii=False)), len(line)) for line in lines)
    fitting = sum(size <= budget * 3 for size in sizes)
    text, is_cut = "".join(lines[:fitting]), False
    if lines and not fitting:  # one line of a file without line breaks, say
        text, fitting, is_cut = lines[0][: budget * 2], 1, True
    end = found.start_line + max(fitting, 1) - 1
    next_line = end + 1 if fitting < len(lines) else None
    head = (
        f"{safe(found.path)} lines {found.start_line}-{end}. {agents.state_line([found.dataset])}"
    )
    notes = [f"Line {end} is cut: it is {len(lines[0]):,} characters long."] if is_cut else []
    if next_line:
        left = len(lines) - fitting
        notes.append(f"{left:,} more lines: read on with start={next_line}.")
    body = safe_block(text.replace("\r\n", "\n")).rstrip("\n")
    shown = "\n\n".join(part for part in (head, body, " ".join(notes)) if part)
    return Answer(shown, agents.of_lines(found, text, end, next_line))


def outline_answer(found: Outline) -> Answer:
    budget = DEFAULT_TOKENS - _FRAME - tokens_of(agents.of_state(found.dataset))
    sizes = accumulate(tokens_of({"symbol": one.name, "line": one.line}) for one in found.symbols)
    most = sum(size <= budget for size in sizes)
    document = agents.of_outline(found, most)
    rows = [f"{one.line}: {safe(one.name)}" for one in found.symbols[:most]]
    head = f"{safe(found.path)}. {agents.state_line([found.dataset])}"
    left = document["leftOut"]
    more = f"\n{left} more definitions did not fit; search for one by its name." if left else ""
    return Answer("\n".join([head, "", *(rows or ["It defines nothing."])]) + more, document)


def list_answer(datasets: Sequence[Dataset], jobs: Sequence[agents.AgentJob]) -> Answer:
    budget = DEFAULT_TOKENS - _FRAME - tokens_of(jobs)
    rows = [agents.of_dataset(one) for one in datasets]
    sizes = accumulate(map(tokens_of, rows))
    most = sum(size <= budget for size in sizes)
    document: agents.AgentRepositories = {
        "repositories": rows[:most],
        "jobs": list(jobs),
        "leftOut": len(rows) - most,
    }
    lines = [
        f"{agents.state_line([one])}; {one.files:,} files, {one.chunks:,} chunks"
        for one in datasets[:most]
    ]
    lines = lines or ["No repository is indexed; add_repository adds one."]
    if len(rows) > most:
        lines.append(f"{len(rows) - most} more did not fit: ask with match.")
    return Answer("\n".join([*lines, *map(job_line, jobs)]), document)


def job_line(job: agents.AgentJob) -> str:
    state = job["status"].replace("_", " ")
    where = f" {job['progress']} % ({job['phase']})" if job["status"] == "in_progress" else ""
    why = job["error"] or job["message"] or ""
    line = f"Job {job['jobId']} for {job['repository']} (dataset {job['dataset']}): {state}{where}"
    return safe(f"{line}; {why}" if why else line)


def _fitting(
    hits: Sequence[Hit],
    by_key: Mapping[tuple[str, str], Dataset],
    max_tokens: int,
    *,
    with_dataset: bool,
) -> tuple[list[_Shown], list[Dataset]]:
    """The first hits that fit, with the datasets that they are from; at least a part of the first."""
    shown: list[_Shown] = []
    used: dict[tuple[str, str], Dataset] = {}
    left = max_tokens - _FRAME
    for hit in hits:
        key = hit.project, hit.dataset
        needed = 0 if key in used else tokens_of(agents.of_state(by_key[key]))
        one = _Shown(hit, _cut(hit.snippet.lines), with_dataset)
        while not shown and one.lines and one.tokens + needed > left:
            one = _Shown(hit, one.lines[:-1], with_dataset)
        if shown and one.tokens + needed > left:
            break
        left -= one.tokens + needed
        used[key] = by_key[key]
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
