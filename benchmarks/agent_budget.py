"""How soon an agent has read the answer: within the first 1,000, 2,000 and 4,000 tokens?

    python benchmarks/agent_budget.py HOME QUESTIONS RANKERS MIRRORS [--semble PYTHON] [--every N]

HOME is of benchmarks/line_repositories.py, QUESTIONS like ../shared/retrieval/lines, RANKERS what
`training/ranker.py --folds-out` wrote: each repository is asked with the ranker that was trained
without it. Beside the text that the tool `search` of the MCP server prints, with its defaults: what
`rg` prints for the rarest words of the question, with three lines of context, the files with most of
the words first; and the chunks of semble, in the virtual environment of PYTHON. A question is answered
when three lines of a span that answers, or all of it, stand in the first tokens. A token is taken for
three characters, for all three alike.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from statistics import fmean
from typing import TypeAlias
from unittest.mock import patch

from cases import Span
from line_repositories import read_mirrors
from lines_held_out import fold_of
from ranking_cases import Asker, read_questions
from semble_hits import checkout, semble_hits
from side_by_side import Setting, model2vec_folder

from ccingest.app.freshness import freshness_of
from ccingest.models import Question, SearchResult
from ccingest.ranking import fusion
from ccingest.ranking.ranker import FOLDER, load_ranker
from ccingest.server.mcp.answers import search_answer
from ccingest.server.mcp.arguments import SearchArguments

BUDGETS = (1000, 2000, 4000)
CHARACTERS = 3  # of a token
ENOUGH = 3  # lines of a span
RAREST = 4  # words of a question that rg looks for
CONTEXT = 3
TOP_K = 50  # of semble: more than fill the largest budget
Printed: TypeAlias = Iterable[
    tuple[str, str, int]
]  # text of a line, its file, its number; or "", 0

_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]{2,}")
_HEADING = re.compile(r"\d+\. (?P<path>.+?):\d+-\d+(?: |$)")
_LINE = re.compile(r"(?P<number>\d+)\|")
_STOP = frozenset(
    "the and for with from that this what where when which how does are was were has have into not "
    "its who why can all any one out off than then there they will would should could after before "
    "between while about only also been being did done get gets got".split()
)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("home", type=Path)
    parser.add_argument("questions", type=Path)
    parser.add_argument("rankers", type=Path)
    parser.add_argument("mirrors", type=Path)
    parser.add_argument("--semble", help="the python of a virtual environment that has semble")
    parser.add_argument("--rg", default="rg", help="the command of ripgrep")
    parser.add_argument("--every", type=int, default=1, help="only every Nth repository")
    parser.add_argument("--limit", type=int, help="hits, if not as the tool has it")
    parser.add_argument("--lines", type=int, help="lines of a hit, if not as the tool has it")
    arguments = parser.parse_args()
    scratch = tempfile.TemporaryDirectory()
    model = model2vec_folder(Path(scratch.name, "model"))
    setting = Setting(arguments.semble or "", model, Path(scratch.name))
    asker = Asker(arguments.home)
    seen: dict[str, list[list[float]]] = defaultdict(list)
    mirrors = [one for one in read_mirrors(arguments.questions, arguments.mirrors) if one.is_here]
    for mirror in mirrors[:: arguments.every]:
        questions = list(read_questions(arguments.questions / f"{mirror.name}.tsv"))
        folder = arguments.rankers / f"fold-{fold_of(mirror.name, 5)}"
        folder = folder if folder.exists() else FOLDER
        with patch.object(fusion, "load_ranker", partial(load_ranker, folder)):
            for _, text, targets in questions:
                printed = of_search(asker, mirror.name, text, arguments.limit, arguments.lines)
                seen["ccingest"].append(seen_within(printed, targets))
        if arguments.rg == "none" and not arguments.semble:
            continue
        with checkout(mirror.git, mirror.sha) as folder:
            if arguments.rg != "none":
                for _, text, targets in questions:
                    seen["rg"].append(seen_within(of_rg(arguments.rg, folder, text), targets))
            if arguments.semble:
                asked = [text for _, text, _ in questions]
                for chunks, (_, _, targets) in zip(
                    of_semble(setting, folder, asked), questions, strict=True
                ):
                    seen["semble"].append(seen_within(chunks, targets))
        print(f"{mirror.name}: {len(questions)} questions", file=sys.stderr)
    report(seen)
    return 0


def report(seen: dict[str, list[list[float]]]) -> None:
    budgets = " | ".join(f"{budget:,} tokens" for budget in BUDGETS)
    print(f"| | questions | {budgets} | tokens printed, mean, at most {BUDGETS[-1]:,} |")
    print("| --- | --- |" + " --- |" * (len(BUDGETS) + 1))
    for name, found in seen.items():
        *shares, printed = map(fmean, zip(*found, strict=True))
        cells = [name, f"{len(found)}", *(f"{share:.3f}" for share in shares), f"{printed:,.0f}"]
        print(f"| {' | '.join(cells)} |")


def seen_within(printed: Printed, targets: Sequence[Span]) -> list[float]:
    """For each budget, whether an answer stands within it; and how many tokens are printed at all."""
    needed = {span: min(ENOUGH, span[2] - span[1] + 1) for span in targets}
    answered_at, used = float("inf"), 0
    for text, path, number in printed:
        used += len(text) + 1
        for span in targets:
            if path == span[0] and span[1] <= number <= span[2]:
                needed[span] -= 1
        if min(needed.values()) <= 0:
            answered_at = min(answered_at, used)
    within = [float(answered_at <= budget * CHARACTERS) for budget in BUDGETS]
    return [*within, min(used / CHARACTERS, BUDGETS[-1])]


def of_search(
    asker: Asker, name: str, text: str, limit: int | None, lines: int | None
) -> Iterator[tuple[str, str, int]]:
    given = SearchArguments(query=text)
    k, snippet_lines = limit or given.limit, lines or given.snippet_lines
    hits = asker.searcher(name).search(Question(text, k=k, snippet_lines=snippet_lines))
    asked = tuple(asker.datasets(name))
    found = SearchResult(text, k, tuple(hits), datasets=asked, freshness=freshness_of(asked))
    path = ""
    for line in search_answer(found, BUDGETS[-1]).text.split("\n"):
        if heading := _HEADING.match(line):
            path = heading["path"]
        numbered = _LINE.match(line)
        yield line, path if numbered else "", int(numbered["number"]) if numbered else 0


def of_rg(command: str, folder: Path, text: str) -> Iterator[tuple[str, str, int]]:
    words = {word.lower() for word in _WORD.findall(text)} - _STOP
    files = {word: matches(command, folder, word) for word in words}
    rarest = sorted((word for word in words if files[word]), key=lambda w: sum(files[w].values()))
    rarest = rarest[:RAREST]
    having: dict[str, list[str]] = defaultdict(list)
    for word in rarest:
        for path in files[word]:
            having[path].append(word)
    # Those with most of the words; of these, those with the fewest matches.
    order = sorted(having, key=lambda p: (-len(having[p]), sum(files[w][p] for w in having[p]), p))
    patterns = [part for word in rarest for part in ("-e", word)]
    size = 0
    for path in order:
        arguments = ["-n", "-i", "-F", "-C", str(CONTEXT), *patterns, "--", path]
        yield path, "", 0
        for line in run(command, folder, arguments).splitlines():
            number = re.match(r"(\d+)[:-]", line)
            yield line, path, int(number[1]) if number else 0
            size += len(line) + 1
        if size > BUDGETS[-1] * CHARACTERS:
            return


def matches(command: str, folder: Path, word: str) -> dict[str, int]:
    found = {}
    for line in run(command, folder, ["-c", "-i", "-F", "-e", word, "."]).splitlines():
        path, _, count = line.rpartition(":")
        found[path.removeprefix("./")] = int(count)
    return found


def run(command: str, folder: Path, arguments: Sequence[str]) -> str:
    done = subprocess.run(
        [command, "--no-config", "--max-columns", "400", *arguments],
        cwd=folder,
        capture_output=True,
        check=False,
    )
    return done.stdout.decode("utf8", "replace")


def of_semble(setting: Setting, folder: Path, questions: Sequence[str]) -> Iterator[Printed]:
    for hits in semble_hits(setting, folder, questions, TOP_K):
        printed: list[tuple[str, str, int]] = []
        for path, start, end in hits:
            lines = (folder / path).read_text(encoding="utf8", errors="replace").split("\n")
            printed.append((f"{path}:{start}-{end}", "", 0))
            printed += [
                (line, path, number)
                for number, line in enumerate(lines[start - 1 : end], start=start)
            ]
        yield printed


if __name__ == "__main__":
    sys.exit(main())
