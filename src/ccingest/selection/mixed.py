"""Files of which some lines are UTF-8 and the others in an older encoding: logs, lists of authors,
histories that many have written to."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from ccingest.selection.encodings import LATIN, cost_in, detected, telling_lines
from ccingest.selection.readings import cost_in_utf8

_BEYOND_ASCII = re.compile(rb"[\x80-\xff]")
_LINE_END = re.compile(rb"[\r\n]")
# As in a name, `Andr\xe9`, `J\xf8rgen`: no byte that is wrong by accident. E2 at the end may begin a dash of UTF-8.
_IN_WORD = re.compile(
    rb"[A-Za-z](?:[\xe0-\xfe][A-Za-z]|(?<=[A-Za-z]{2})[\xe0\xe1\xe3-\xfe](?![\x80-\xff]))"
)
_BAD = "\ufffd"
# So many good letters of UTF-8 for a bad one tell that it is UTF-8.
GOOD_FOR_A_BAD = 4
_MOST_LINES = 100_000  # with letters beyond ASCII; a hostile file has millions


def decode_by_lines(data: bytes) -> str | None:
    """The text, each line in its own encoding of the two. None if all lines are in one."""
    spans = list(islice(_spans(data), _MOST_LINES + 1))
    if len(spans) > _MOST_LINES:
        return None
    older = [data[start:end] for start, end in spans if not _is_utf8(data[start:end])]
    newer = [data[start:end] for start, end in spans if _is_utf8(data[start:end])]
    if not older or not newer:
        return None
    text = b"\n".join(older)
    encoding = detected(text, maybe_utf8=True)
    if encoding == "utf-8" and _IN_WORD.search(text) and (usual := detected(text)) in LATIN:
        encoding = usual
    if encoding in (None, "utf-8"):
        return None
    # By chance, some lines of other encodings are good UTF-8.
    sample = list(telling_lines(b"\n".join(newer)))
    if sum(map(cost_in_utf8, sample)) > cost_in(encoding, sample):
        return None
    return "".join(_parts(data, spans, encoding))


def good_and_bad(data: bytes) -> tuple[str, int, int]:
    """The text as UTF-8, and how many letters beyond ASCII in it are good, how many are none."""
    text = data.decode("utf-8", errors="replace")
    bad = text.count(_BAD) - data.count(_BAD.encode())
    return text, len(text) - len(text.encode("ascii", errors="ignore")) - bad, bad


def _is_utf8(line: bytes) -> bool:
    """Whether it is rather UTF-8, maybe with a letter that was cut."""
    _, good, bad = good_and_bad(line)
    return good >= bad


def _spans(data: bytes) -> Iterator[tuple[int, int]]:
    """Where each line with letters beyond ASCII starts and ends."""
    position = 0
    while found := _BEYOND_ASCII.search(data, position):
        at = found.start()
        start = max(data.rfind(b"\n", position, at), data.rfind(b"\r", position, at), position - 1)
        end = _LINE_END.search(data, at)
        stop = end.start() if end else len(data)
        yield start + 1, stop
        if stop == len(data):
            return
        position = stop + 1


def _parts(data: bytes, spans: list[tuple[int, int]], encoding: str) -> Iterator[str]:
    position = 0
    for start, end in spans:
        yield data[position:start].decode("ascii")
        line = data[start:end]
        yield line.decode("utf-8" if _is_utf8(line) else encoding, errors="replace")
        position = end
    yield data[position:].decode("ascii")
