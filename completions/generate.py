"""Write the completion scripts beside this file: python completions/generate.py

They ask the installed `ccingest` what fits, so they only change when Typer's protocol does.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).parent
FILES = {"bash": "ccingest.bash", "zsh": "_ccingest", "fish": "ccingest.fish"}


def script(shell: str) -> str:
    """The script for a shell, as `ccingest` itself gives it."""
    program = Path(sys.executable).with_name("ccingest")
    done = subprocess.run(
        [program],
        env={**os.environ, "_CCINGEST_COMPLETE": f"source_{shell}"},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


if __name__ == "__main__":
    for shell, name in FILES.items():
        (FOLDER / name).write_text(script(shell), encoding="utf8")
