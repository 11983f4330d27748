"""Does one question over code and documentation rank both fairly?

    python benchmarks/code_and_docs.py MIRRORS QUESTIONS HOME [NAME ...]

MIRRORS holds bare repositories as OWNER+NAME/repo, QUESTIONS is like ../shared/retrieval/lines. Of
each project, one dataset is made of its repository without its documentation, and one of its
documentation, which is built as a site, served on loopback and crawled. A question is about the one
that holds its answer. It is asked of that one alone, and of both together: what is lost by asking
both is what the other one takes away. Figures are the means over questions: the right file among the
first one, three and five, and how many of the first five come from the other dataset.
"""

from __future__ import annotations

import argparse
import io
import re
import subprocess
import sys
import tarfile
import tempfile
import threading
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from statistics import fmean

from cases import Span
from markdown_it import MarkdownIt
from ranking_cases import read_questions

from ccingest import Client, Hit

# Where the documentation of these projects lies, all of it Markdown.
FOLDERS = {
    "textual": "docs",
    "sqlmodel": "docs",
    "poetry": "docs",
    "react-router": "docs",
    "svelte": "documentation/docs",
    "sttp": "docs",
    "pinia": "packages/docs",
    "date-fns": "docs",
}
SHOWN = (1, 3, 5)
_FRONT_MATTER = re.compile(r"\A---\n.*?\n---\n", re.DOTALL)
_HEADING = re.compile(r"<(h[1-4])>(.*?)</\1>", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Asked:
    """How a question went: the rank of its file, 0 for none of ten, alone and with the other one."""

    is_docs: bool
    category: str
    alone: int
    both: int
    others: int  # of the first five, asked of both, that come from the other dataset


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("mirrors", type=Path)
    parser.add_argument("questions", type=Path)
    parser.add_argument("home", type=Path)
    parser.add_argument("names", nargs="*", default=list(FOLDERS))
    arguments = parser.parse_args()
    asked: list[Asked] = []
    with Client(arguments.home) as client:
        for line in (arguments.questions / "repos.tsv").read_text(encoding="utf8").splitlines():
            name, _, repository, commit = line.split("\t")[:4]
            if name not in arguments.names:
                continue
            mirror = arguments.mirrors / repository.replace("/", "+") / "repo"
            folder = FOLDERS[name]
            make(client, name, mirror, commit, folder)
            found = [
                ask(client, name, folder, category, text, spans)
                for category, text, spans in read_questions(arguments.questions / f"{name}.tsv")
            ]
            asked += found
            print(name, *(f"{one.category}:{one.alone}/{one.both}" for one in found), flush=True)
    report(asked)
    return 0


def make(client: Client, name: str, mirror: Path, commit: str, folder: str) -> None:
    """The two datasets of a project, unless they are there."""
    names = {dataset.name for dataset in client.datasets()}
    if f"{name}-code" not in names:
        client.ingest(str(mirror), revision=commit, dataset=f"{name}-code", exclude=[f"/{folder}/"])
    if f"{name}-site" not in names:
        with tempfile.TemporaryDirectory() as built:
            build(mirror, commit, folder, Path(built))
            with served(Path(built)) as url:
                client.ingest(url, source="web", dataset=f"{name}-site", allow_private=True)


def build(mirror: Path, commit: str, folder: str, into: Path) -> None:
    """The Markdown of a folder as pages, and a first page that leads to all."""
    archive = subprocess.run(
        ["git", "archive", commit, folder], cwd=mirror, capture_output=True, check=True
    ).stdout
    to_html = MarkdownIt("commonmark").enable("table").render
    links = []
    with tarfile.open(fileobj=io.BytesIO(archive)) as files:
        for member in files:
            content = files.extractfile(member) if member.isfile() else None
            if content is None or not member.name.endswith((".md", ".mdx")):
                continue
            text = _FRONT_MATTER.sub("", content.read().decode("utf-8", "replace"))
            page = into / f"{member.name}.html"
            page.parent.mkdir(parents=True, exist_ok=True)
            body = _HEADING.sub(_with_anchor, to_html(text))
            page.write_text(f"<title>{member.name}</title><main>{body}</main>", encoding="utf8")
            links.append(f'<a href="/{member.name}.html">{member.name}</a>')
    (into / "index.html").write_text("<h1>Documentation</h1>" + "<br>".join(links), encoding="utf8")


def _with_anchor(found: re.Match[str]) -> str:
    anchor = re.sub(r"\W+", "-", re.sub("<.*?>", "", found[2]).lower()).strip("-")
    return f'<{found[1]} id="{anchor}">{found[2]}</{found[1]}>'


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Nothing: the figures are the output."""


@contextmanager
def served(folder: Path) -> Iterator[str]:
    handler = partial(_Quiet, directory=str(folder))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()


def ask(
    client: Client, name: str, folder: str, category: str, text: str, spans: Sequence[Span]
) -> Asked:
    is_docs = spans[0][0].startswith(f"{folder}/")
    own, other = (f"{name}-site", f"{name}-code") if is_docs else (f"{name}-code", f"{name}-site")
    paths = {f"{path}.html.md" if is_docs else path for path, _, _ in spans}
    alone = client.search(text, k=10, datasets=[own])
    both = client.search(text, k=10, datasets=[own, other])
    return Asked(
        is_docs,
        category,
        rank(alone, own, paths),
        rank(both, own, paths),
        sum(hit.dataset == other for hit in both[:5]),
    )


def rank(hits: Sequence[Hit], dataset: str, paths: set[str]) -> int:
    return next((hit.rank for hit in hits if hit.dataset == dataset and hit.path in paths), 0)


def report(asked: Sequence[Asked]) -> None:
    groups: dict[str, list[Asked]] = defaultdict(list)
    for one in asked:
        groups["about the documentation" if one.is_docs else "about the code"].append(one)
        if one.is_docs:
            groups[f"  of them {one.category}"].append(one)
    print(f"{'questions':28} {'n':>4}  {'alone @1 @3 @5':>20}  {'both @1 @3 @5':>20}  others of 5")
    for group, members in sorted(groups.items(), key=lambda pair: pair[0].strip()):
        alone = " ".join(f"{share(one.alone for one in members)[k]:.2f}" for k in range(3))
        both = " ".join(f"{share(one.both for one in members)[k]:.2f}" for k in range(3))
        others = fmean(one.others for one in members)
        print(f"{group:28} {len(members):4}  {alone:>20}  {both:>20}  {others:.1f}")


def share(ranks: Iterator[int]) -> list[float]:
    found = list(ranks)
    return [fmean(0 < one <= k for one in found) for k in SHOWN]


if __name__ == "__main__":
    sys.exit(main())
