"""Processes that edit one work tree and ask about it at once get no mixed answer."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from app.asking_process import text_of
from app.tree_kit import FILES, Tree
from ccingest import Client
from queue_kit import module_path

PROCESSES, QUESTIONS = 4, 5


def test_no_mixed_answers(tmp_path: Path) -> None:
    tree = Tree.make(
        tmp_path / "shop", {**FILES, **{f"file{n}.py": text_of(f"file{n}", 0) for n in range(10)}}
    )
    home = tmp_path / "home"
    with Client(home) as client:
        client.ingest(str(tree.top))
    running = [
        subprocess.Popen(
            [sys.executable, "-m", "app.asking_process", home, tree.top, str(n), str(QUESTIONS)],
            env=os.environ | {"PYTHONPATH": module_path()},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for n in range(PROCESSES)
    ]
    ended = [one.communicate(timeout=120) for one in running]
    assert not [error for _, error in ended if error]
    checked = sum(int(out.split()[0]) for out, _ in ended)
    assert checked >= PROCESSES * QUESTIONS * 5
