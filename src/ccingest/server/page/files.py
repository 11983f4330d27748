"""A stored file with numbered lines, each of which has an address."""

from __future__ import annotations

from ccingest.errors import NotFoundError
from ccingest.models import FileLines, Symbol
from ccingest.server.page import addresses
from ccingest.server.page.call import Call, Page
from ccingest.server.page.highlighting import Span, highlighted, parse_lines
from ccingest.server.page.hits import Line, web_link
from ccingest.values import dataclass

_SHOWN = 2_000  # lines; more make a page that browsers are slow with
_MOST_SYMBOLS = 500


@dataclass(frozen=True, slots=True)
class Part:
    """Which lines of a file a page shows, and where the others are; empty where there are none."""

    first: int
    last: int
    total: int
    before: str = ""
    after: str = ""


def show(call: Call) -> Page:
    project, dataset, path = call.text("project"), call.text("dataset"), call.text("path")
    found = call.client.read(path, project=project or None, datasets=[dataset] if dataset else ())
    lines = found.text.removesuffix("\n").split("\n")
    marked = parse_lines(call.text("lines"))
    part = _part(call, len(lines), marked[0] if marked else 1)
    shown = highlighted("\n".join(lines[part.first - 1 : part.last]), found.language)
    revision = call.text("rev")
    web, host = web_link(found.url)
    values = {
        "file": found,
        "web": web,
        "host": host,
        "folders": _folders(found),
        "name": found.path.rpartition("/")[2],
        "lines": [Line(part.first + place, html) for place, html in shown.items()],
        "marked": marked or (0, 0),
        "part": part,
        "symbols": _symbols(call, found),
        "moved_from": "" if found.dataset.revision.startswith(revision) else revision,
        "similar": _similar(found, marked),
    }
    return Page("file.html", values)


def _part(call: Call, total: int, wanted: int) -> Part:
    """The page of the file that the wanted line is on."""
    place = (min(max(wanted, 1), total) - 1) // _SHOWN
    first, last = place * _SHOWN + 1, min((place + 1) * _SHOWN, total)
    before = _lines_at(call, first - 1) if first > 1 else ""
    after = _lines_at(call, last + 1) if last < total else ""
    return Part(first, last, total, before, after)


def _lines_at(call: Call, line: int) -> str:
    names = {name: call.text(name) for name in ("project", "dataset", "path")}
    return addresses.address(addresses.FILE, f"L{line}", **names, lines=line)


def _folders(found: FileLines) -> list[tuple[str, str]]:
    """Each folder that the file is in, and the address of its files."""
    names = found.path.split("/")[:-1]
    return [
        (
            name,
            addresses.address(
                addresses.DATASET,
                "files",
                project=found.dataset.project,
                name=found.dataset.name,
                path="/".join(names[: depth + 1]) + "/",
            ),
        )
        for depth, name in enumerate(names)
    ]


def _symbols(call: Call, found: FileLines) -> list[tuple[Symbol, str]]:
    """The definitions of the file and their addresses; none where another version came meanwhile."""
    dataset = found.dataset
    try:
        outline = call.client.outline(found.path, project=dataset.project, datasets=[dataset.name])
    except NotFoundError:
        return []
    return [
        (
            symbol,
            addresses.address(
                addresses.FILE,
                f"L{symbol.line}",
                project=dataset.project,
                dataset=dataset.name,
                path=found.path,
                lines=symbol.line,
            ),
        )
        for symbol in outline.symbols[:_MOST_SYMBOLS]
    ]


def _similar(found: FileLines, marked: Span | None) -> str:
    """Where code like the marked lines is; empty without such lines."""
    if marked is None:
        return ""
    return addresses.address(
        addresses.SIMILAR,
        project=found.dataset.project,
        dataset=found.dataset.name,
        path=found.path,
        line=marked[0],
    )
