"""`ccingest show`, `outline` and `similar`: a stored file, its symbols, and code like it."""

from __future__ import annotations

import re
from contextlib import closing
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import typer

from ccingest.cli.hits import Form, reply_with, require_format
from ccingest.cli.options import JsonFlag, ProjectOrAll, project_or_none
from ccingest.cli.output import Reply, lines, safe, safe_block
from ccingest.cli.query import open_searcher
from ccingest.errors import FileNotInDatasetError, LineNotFoundError, UsageError
from ccingest.settings import DEFAULT_PROJECT, load_settings

if TYPE_CHECKING:
    from rich.console import Console

    from ccingest.records import Chunk, DatasetVersion

Datasets: TypeAlias = Annotated[
    list[str] | None, typer.Option("--dataset", "-d", help="Only this dataset. Repeatable.")
]
StoredPath: TypeAlias = Annotated[
    str, typer.Argument(metavar="PATH", help="In the repository; its last parts will do.")
]
_SPAN = re.compile(r"(?P<path>.+?):(?P<first>\d+)(?:-(?P<last>\d+))?", re.DOTALL)


def show(
    path: Annotated[
        str,
        typer.Argument(
            metavar="PATH[:START-END]", help="In the repository; its last parts will do."
        ),
    ],
    dataset: Datasets = None,
    project: ProjectOrAll = DEFAULT_PROJECT,
    json: JsonFlag = False,  # noqa: ARG001 - app.run reads it
) -> Reply:
    """Print a stored file, or lines of it. It is as at the dataset's commit."""
    from ccingest.search import permalink
    from ccingest.snippets import file_text, split_lines

    version, name, first, last = _find(path, project, dataset)
    text = file_text(_chunks(version, name))
    of_file = split_lines(text)
    start = 1 if first is None else first
    wanted_end = next((line for line in (last, first) if line is not None), len(of_file))
    end = min(wanted_end, len(of_file))
    if not 1 <= start <= end:
        raise LineNotFoundError(f"{name} has {len(of_file):,} lines; {path!r} is outside of them.")
    text = "".join(of_file[start - 1 : end])
    document = {
        **_file_document(version, name),
        "startLine": start,
        "endLine": end,
        "text": text,
        "url": permalink(version, name, start, end),
    }
    return Reply(document, lambda console: _print_text(console, text))


def outline(
    path: StoredPath,
    dataset: Datasets = None,
    project: ProjectOrAll = DEFAULT_PROJECT,
    json: JsonFlag = False,  # noqa: ARG001 - app.run reads it
) -> Reply:
    """List the symbols that a stored file defines, with their lines."""
    from ccingest.snippets import outline as outline_of

    version, name, _, _ = _find(path, project, dataset)
    items = outline_of(_chunks(version, name))
    symbols = [{"symbol": item.symbol, "line": item.line} for item in items]
    rows = [f"{item.line:>6}  {safe(item.symbol)}" for item in items] or ["No symbols."]
    return Reply({**_file_document(version, name), "symbols": symbols}, lines(*rows))


def similar(
    place: Annotated[
        str, typer.Argument(metavar="PATH:LINE", help="A line of a stored file, from 1.")
    ],
    k: Annotated[int, typer.Option("-k", "--limit", min=1, max=1000, help="Most hits.")] = 5,
    dataset: Datasets = None,
    project: ProjectOrAll = DEFAULT_PROJECT,
    form: Annotated[
        str, typer.Option("--format", help="`human`, `json`, `paths` or `markdown`.")
    ] = "human",
    json: JsonFlag = False,  # noqa: ARG001 - app.run reads it
) -> Reply:
    """Find code like that at a line. `--dataset` says where the line is and where to look."""
    from ccingest.search import Question

    require_format(form)
    version, name, line, _ = _find(place, project, dataset)
    if line is None:
        raise UsageError(f"Say which line, as in `{safe(place)}:1`.")
    searcher = open_searcher(project, dataset or [], [])
    hits = searcher.similar(version, name, line, Question(place, k=k))
    document = {**_file_document(version, name), "line": line, "k": k}
    return reply_with(document, hits, Form(form))


def _find(
    place: str, project: str, datasets: list[str] | None
) -> tuple[DatasetVersion, str, int | None, int | None]:
    """Dataset, path, first and last line that `PATH[:START[-END]]` means.

    Raises FileNotInDatasetError when no visible dataset has the path, or several have.
    """
    from ccingest.jobs.database import connect
    from ccingest.jobs.datasets import manifest, published

    with closing(connect(load_settings().database)) as connection:
        visible = published(connection, project_or_none(project), names=datasets or [])
        files = {version: manifest(connection, version.dataset_id).keys() for version in visible}
    stored = [(version, name) for version, names in files.items() for name in names]
    span = _SPAN.fullmatch(place)
    wanted = place if any(name == place for _, name in stored) or not span else span["path"]
    found = _matching(stored, wanted.removeprefix("./"))
    if not found:
        import difflib

        near = difflib.get_close_matches(wanted, sorted({name for _, name in stored}), n=3)
        hint = f", did you mean {' or '.join(map(repr, near))}" if near else ""
        raise FileNotInDatasetError(
            f"No dataset that is searched has the file {wanted!r}{hint}; "
            "`ccingest datasets` lists the datasets."
        )
    if len(found) > 1:
        places = ", ".join(f"{name} in {version.name}" for version, name in found[:5])
        raise FileNotInDatasetError(
            f"{wanted!r} is more than one file: {places}{', ...' if len(found) > 5 else ''}; "
            "give the whole path, or name the dataset with --dataset."
        )
    if span is None or wanted == place:
        return (*found[0], None, None)
    return (*found[0], int(span["first"]), int(span["last"]) if span["last"] else None)


def _matching(
    stored: list[tuple[DatasetVersion, str]], wanted: str
) -> list[tuple[DatasetVersion, str]]:
    """The files at this path; if there are none, those whose last parts it is."""
    parts = PurePosixPath(wanted).parts
    exact = [item for item in stored if item[1] == wanted]
    if exact or not parts:
        return exact
    return [item for item in stored if PurePosixPath(item[1]).parts[-len(parts) :] == parts]


def _chunks(version: DatasetVersion, path: str) -> list[Chunk]:
    from ccingest.search import chunks_of
    from ccingest.store import TableStore

    return chunks_of(TableStore(load_settings().tables), version, path)


def _file_document(version: DatasetVersion, path: str) -> dict[str, Any]:
    return {
        "project": version.project,
        "dataset": version.name,
        "repository": version.repository,
        "sha": version.sha,
        "path": path,
    }


def _print_text(console: Console, text: str) -> None:
    # Byte for byte into a pipe; a terminal must not be steered by a file.
    console.file.write(safe_block(text.replace("\r\n", "\n")) if console.is_terminal else text)
