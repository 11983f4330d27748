"""Weak line questions: subjects of commits, answered by the lines they added that still stand.

    python training/commits.py QUESTIONS MIRRORS OUT

QUESTIONS and MIRRORS as for benchmarks/line_repositories.py. Of each repository some commits are
drawn that changed one or two files of code by few lines and say in plain words what they do; an
added run of three lines or more that stands at the pinned commit, once and unchanged, is a span.
Writes OUT/NAME.tsv and OUT/repos.tsv. 98 repositories gave 761 questions in five minutes.
"""

from __future__ import annotations

import argparse
import random
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "benchmarks"))
from line_repositories import Mirror, read_mirrors

LOOKED_AT = 2500  # commits before the pinned one
MOST, TRIES = 14, 40  # questions of a repository; commits that are looked into for them
_NO_QUESTION = re.compile(
    r"\b(merge|release|bump|changelog|typo|lint|format|prettier|version|revert|upgrade|dependabot"
    r"|deps|translation|i18n|wip|cleanup|clean up|whitespace|copyright|ci|readme|eslint|rubocop|black"
    r"|isort|pre-commit|tests?|specs?|refactor|rename|move|docs?|documentation|comment|fixup|squash)\b",
    re.IGNORECASE,
)
_NO_CODE = re.compile(
    r"(^|/)(tests?|spec|docs?|examples?|__tests__)/|\.(md|rst|txt|lock|json)$|[._-](test|spec)\.|=>"
)
_PREFIX = re.compile(
    r"^\s*(\[[^\]]+\]\s*|:\w+:\s*|[a-z]+(\([^)]*\))?!?:\s*|[\w./-]{2,30}:\s+)"
)  # fmt: skip
_NUMBER = re.compile(r"\s*\(?#\d+\)?")
_WORDS = range(4, 17)
_FEWEST_LINES, _MOST_LINES, _MOST_FILES, _MOST_SPANS = 3, 80, 6, 4


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("questions", type=Path)
    parser.add_argument("mirrors", type=Path)
    parser.add_argument("out", type=Path)
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    shutil.copy(arguments.questions / "repos.tsv", arguments.out / "repos.tsv")
    for mirror in read_mirrors(arguments.questions, arguments.mirrors):
        if mirror.is_here:
            lines = list(questions_of(mirror))
            (arguments.out / f"{mirror.name}.tsv").write_text("".join(lines), encoding="utf8")
            print(f"{mirror.name}: {len(lines)} questions", file=sys.stderr)
    return 0


def questions_of(mirror: Mirror) -> Iterator[str]:
    candidates = list(commits(mirror))
    random.Random(mirror.name).shuffle(candidates)
    used: set[str] = set()
    found = 0
    for sha, subject, files in candidates[: TRIES * 2]:
        if found == MOST or not used.isdisjoint(files):
            continue
        patch = git(mirror, "show", "-U0", "--format=", sha, "--", *files)
        spans = [span for path, run in added_runs(patch) for span in still_there(mirror, path, run)]
        if spans and len(spans) <= _MOST_SPANS:
            found += 1
            used.update(files)
            yield f"commit\t{subject}\t{'|'.join(spans)}\t\n"


def commits(mirror: Mirror) -> Iterator[tuple[str, str, list[str]]]:
    """SHA, subject and files of code of those that may be a question."""
    log = git(
        mirror, "log", "--no-merges", "-n", str(LOOKED_AT), "--format=%x01%H%x02%s", "--numstat",
        mirror.sha,
    )  # fmt: skip
    for block in log.split("\x01")[1:]:
        head, _, rest = block.partition("\n")
        sha, _, subject = head.partition("\x02")
        subject = _PREFIX.sub("", _NUMBER.sub("", subject)).strip(" .")
        changed = [line.split("\t") for line in rest.strip().split("\n") if line.count("\t") == 2]
        code = [
            (int(added), path)
            for added, _, path in changed
            if added.isdigit() and int(added) > _FEWEST_LINES and not _NO_CODE.search(path)
        ]
        tells = not _NO_QUESTION.search(subject) and len(subject.split()) in _WORDS
        few = len(changed) <= _MOST_FILES and sum(added for added, _ in code) <= _MOST_LINES
        if tells and few and 1 <= len(code) <= 2:
            yield sha, subject, [path for _, path in code]


def added_runs(patch: str) -> Iterator[tuple[str, list[str]]]:
    """Path and lines of each run of added lines, without blank ones around it."""
    path, run = "", list[str]()
    for line in [*patch.split("\n"), "@@"]:
        if line.startswith("+") and not line.startswith("+++ "):
            run.append(line[1:])
            continue
        text = "\n".join(run).strip("\n")
        run = []
        if path and text.count("\n") + 1 >= _FEWEST_LINES:
            yield path, text.split("\n")
        if line.startswith("+++ "):
            path = line.removeprefix("+++ b/") if line.startswith("+++ b/") else ""


def still_there(mirror: Mirror, path: str, run: list[str]) -> Iterator[str]:
    text, wanted = git(mirror, "show", f"{mirror.sha}:{path}"), "\n".join(run)
    if text.count(wanted) == 1:
        first = text[: text.index(wanted)].count("\n") + 1
        yield f"{path}:{first}-{first + len(run) - 1}"


def git(mirror: Mirror, *arguments: str) -> str:
    done = subprocess.run(
        ["git", "-C", str(mirror.git), *arguments],
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    return done.stdout


if __name__ == "__main__":
    sys.exit(main())
