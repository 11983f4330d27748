"""How this program is started."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

_NAME = "ccingest"


def own_command() -> list[str]:
    """How this program is started, by its whole path: a client's PATH may be another."""
    script = Path(sys.argv[0])
    if script.name == _NAME and script.is_absolute() and os.access(script, os.X_OK):
        return [str(script)]
    beside = Path(sys.executable).with_name(_NAME)
    if os.access(beside, os.X_OK):
        return [str(beside)]
    if found := shutil.which(_NAME):
        return [found]
    # A client starts it in the folder of a project, whose modules `-m ccingest` would import.
    start = "import sys; del sys.path[0]; from ccingest.__main__ import main; main()"
    return [sys.executable, "-c", start]
