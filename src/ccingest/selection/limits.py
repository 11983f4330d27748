"""How large a file may be that is read."""

from __future__ import annotations

from ccingest.selection.known_names import MAYBE_BINARY

MAX_BYTES = 1024 * 1024
# A notebook holds its outputs, which are left out: images and tables.
MAX_NOTEBOOK_BYTES = 8 * 1024 * 1024
# Of data more than this gives too many chunks of one kind: a hundred and more, where the source of
# a repository of median size has 1,000.
MAX_DATA_BYTES = 128 * 1024
_DATA = tuple(
    """.json .jsonl .ndjson .geojson .topojson .json5 .csv .tsv .psv .xml .svg .kml .gpx .rss .atom
    .log .har .po .pot .xlf .xliff .plist .fixture .dat .data .out .cast .vcf .fasta .fa .pgn .ldif""".split()
)


def most_bytes(path: str) -> int:
    """The largest size of a file of this name that is read."""
    lowered = path.lower()
    if lowered.endswith(".ipynb"):
        return MAX_NOTEBOOK_BYTES
    return MAX_DATA_BYTES if lowered.endswith((*_DATA, *MAYBE_BINARY)) else MAX_BYTES
