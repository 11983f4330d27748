"""Write the completion scripts beside this file: python completions/generate.py"""

from __future__ import annotations

from pathlib import Path

from ccingest.completion.scripts import SCRIPTS

FOLDER = Path(__file__).parent
FILES = {"bash": "ccingest.bash", "zsh": "_ccingest", "fish": "ccingest.fish"}

if __name__ == "__main__":
    for shell, name in FILES.items():
        (FOLDER / name).write_text(SCRIPTS[shell], encoding="utf8")
