"""The completion scripts in the repository are those that the program prints, and they work."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent.parent / "completions"
spec = importlib.util.spec_from_file_location("generate", FOLDER / "generate.py")
assert spec
assert spec.loader
generate = importlib.util.module_from_spec(spec)
spec.loader.exec_module(generate)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_scripts_are_fresh(shell: str) -> None:
    stored = (FOLDER / generate.FILES[shell]).read_text(encoding="utf8")
    assert stored == generate.script(shell), "run: python completions/generate.py"


@pytest.mark.skipif(not shutil.which("bash"), reason="needs bash")
def test_bash_completes_commands() -> None:
    script = (
        f"source {FOLDER / 'ccingest.bash'}\n"
        "COMP_WORDS=(ccingest h); COMP_CWORD=1\n"
        "_ccingest_completion ccingest h ccingest\n"
        'echo "${COMPREPLY[@]}"\n'
    )
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-c", script],
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "history" in done.stdout.split()
