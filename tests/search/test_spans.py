"""What is shown for a ranking: definitions that touch become one hit, and a hit grows."""

from __future__ import annotations

from datetime import datetime, timezone

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ccingest.models import Candidate, Chunk, Dataset, Reference
from ccingest.ranking import Found, Ranked
from ccingest.search.spans import ALMOST, MOST_LINES, shared_out, spans_of

_NOW = datetime.now(timezone.utc)
_DATASET = Dataset(
    1, "", "dataset", "project", Reference("github", "r", "file:///r"), None, "0" * 40, "model", "",
    "", "table", 1, 0, 1, _NOW, _NOW,
)  # fmt: skip
LINES = 20


def chunk(ordinal: int, path: str = "a.py", lines: int = LINES) -> Chunk:
    first = ordinal * lines + 1
    text = "".join(f"{path} {ordinal} {line}\n" for line in range(lines))
    return Chunk(
        path=path, language="python", symbol=f"f{ordinal}", kind="function", start_line=first,
        end_line=first + lines - 1, text=text, overlap=0, defines=(f"f{ordinal}",),
    )  # fmt: skip


def ranked(one: Chunk, ordinal: int, score: float, *, learned: bool = True) -> Ranked:
    found = Found(_DATASET, Candidate(one, ordinal))
    return Ranked(found, score, columns={"x": np.zeros(1, np.float32)} if learned else None)


def shown(items: list[Ranked], files: list[Chunk], k: int = 3) -> list[tuple[str, int, int]]:
    chunks = {(1, path): [one for one in files if one.path == path] for path in ("a.py", "b.py")}
    spans = spans_of(items, k, lambda _: dict(chunks))
    return [(span.item.found.file[1], span.first, span.last) for span in spans]


def test_a_hit_takes_in_what_touches_it_and_is_almost_as_good() -> None:
    files = [*(chunk(at) for at in range(5)), chunk(0, "b.py")]
    items = [
        ranked(files[1], 1, 3.0),
        ranked(files[5], 0, 2.5),
        ranked(files[2], 2, 3.0 - ALMOST),
        ranked(files[3], 3, 3.0 - ALMOST),  # touches what was taken in
        ranked(files[0], 0, 3.0 - ALMOST - 0.1),  # not good enough
    ]
    assert shown(items, files, k=2) == [("a.py", 1, 3), ("b.py", 0, 0)]


def test_what_stands_before_it_in_its_file_takes_nothing_from_what_is_taken_in() -> None:
    files = [chunk(at) for at in range(2)]
    items = [ranked(files[0], 0, 3.0), ranked(files[1], 1, 1.0)._replace(repeated=-1.5)]
    assert shown(items, files, k=1) == [("a.py", 0, 1)]


def test_a_hit_grows_up_to_so_many_lines() -> None:
    lines = MOST_LINES // 2
    files = [chunk(at, lines=lines) for at in range(4)]
    items = [ranked(one, at, 3.0 - at / 10) for at, one in enumerate(files)]
    assert shown(items, files, k=1) == [("a.py", 0, 1)]


def test_a_hit_takes_nothing_from_one_before_it() -> None:
    files = [chunk(at) for at in range(3)]
    items = [
        ranked(files[0], 0, 3.0),
        ranked(files[2], 2, 1.8),
        ranked(files[1], 1, 1.5),  # not good enough for the first hit
    ]
    assert shown(items, files) == [("a.py", 0, 0), ("a.py", 1, 2)]


@given(st.permutations(range(8)), st.lists(st.floats(0.0, 3.0), min_size=8, max_size=8))
def test_hits_of_a_file_never_overlap(order: list[int], scores: list[float]) -> None:
    files = [chunk(at) for at in range(8)]
    best_first = sorted(scores, reverse=True)
    items = [ranked(files[at], at, score) for at, score in zip(order, best_first, strict=True)]
    taken = [at for _, first, last in shown(items, files, k=8) for at in range(first, last + 1)]
    assert len(taken) == len(set(taken))


def test_where_trees_did_not_rank_a_hit_stays_as_it_is() -> None:
    files = [chunk(at) for at in range(2)]
    items = [ranked(files[0], 0, 3.0, learned=False), ranked(files[1], 1, 2.9, learned=False)]
    assert shown(items, files, k=1) == [("a.py", 0, 0)]


def test_the_first_hits_have_more_lines_and_all_of_them_fill_a_screen() -> None:
    assert shared_out(6, [99] * 5) == [14, 4, 4, 4, 4]
    assert shared_out(12, [99] * 5) == [14, 14, 14, 14, 4]
    assert shared_out(6, [99]) == [6]
    assert shared_out(1, [99, 99]) == [1, 1]
    assert shared_out(6, []) == []


def test_what_a_short_hit_leaves_goes_to_the_others() -> None:
    assert shared_out(6, [9, 3, 5, 99, 99]) == [9, 3, 5, 9, 4]
    assert shared_out(6, [2, 2]) == [2, 2]
    assert sum(shared_out(200, [50, 1000, 50])) == 600
