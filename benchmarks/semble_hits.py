"""What semble finds in the files of a commit: for the benchmarks that ask it beside ccingest."""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from cases import Span
from side_by_side import Setting


def semble_hits(
    setting: Setting, folder: Path, questions: Sequence[str], k: int
) -> list[list[Span]]:
    """The first k chunks of each question, from an index of the folder."""
    done = subprocess.run(
        [setting.semble, str(Path(__file__).with_name("semble_run.py")), str(folder), str(k)],
        env=setting.semble_env(folder.name),
        input="\n".join(" ".join(question.split()) for question in questions),
        capture_output=True,
        text=True,
        check=True,
    )
    return [
        [(hit["path"], hit["startLine"], hit["endLine"]) for hit in answer["hits"]]
        for answer in json.loads(done.stdout.splitlines()[-1])["answers"]
    ]


@contextmanager
def checkout(git: Path, sha: str) -> Iterator[Path]:
    """The files of a commit, without those whose content the mirror lacks."""
    listed = subprocess.run(
        ["git", "-C", str(git), "ls-tree", "-r", "-z", sha], capture_output=True, check=True
    ).stdout.decode("utf8", "surrogateescape")
    entries = [entry.partition("\t") for entry in listed.split("\0") if entry.startswith("100")]
    with (
        tempfile.TemporaryDirectory() as folder,
        subprocess.Popen(
            ["git", "-C", str(git), "cat-file", "--batch"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        ) as reading,
    ):
        assert reading.stdin
        assert reading.stdout
        for about, _, path in entries:
            reading.stdin.write(about.split()[2].encode() + b"\n")
            reading.stdin.flush()
            head = reading.stdout.readline().split()
            if head[1] != b"blob":
                continue
            content = reading.stdout.read(int(head[2]) + 1)[:-1]
            target = Path(folder, path)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        yield Path(folder)
