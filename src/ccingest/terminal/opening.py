"""A place in a file, opened in an editor or in a browser."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from ccingest.errors import CcingestError, UsageError
from ccingest.terminal.output import say

if TYPE_CHECKING:
    from ccingest.models import FoundFile
    from ccingest.terminal.editors import Editor


def browse(found: FoundFile) -> None:
    import webbrowser

    if found.url is None:
        raise UsageError(
            f"{found.dataset.name} is on no host, so {found.path} has no permalink; leave out --web."
        )
    try:
        with _output_on_stderr():
            was_started = webbrowser.open(found.url)
    except (webbrowser.Error, OSError):
        was_started = False
    if not was_started:
        raise CcingestError(f"No browser could be started, see BROWSER; the link is {found.url}")


def edit(found: FoundFile, editor: Editor) -> None:
    import shutil
    import tempfile

    if found.on_disk:
        if _has_changed(found, found.on_disk):
            say(f"ccingest: {found.path} has changed since the dataset's commit {_commit(found)}.")
        _run(editor, found.on_disk, found.line)
        return
    folder = Path(tempfile.mkdtemp(prefix="ccingest-"))
    copy = folder / PurePosixPath(found.path).name
    copy.write_bytes(found.text.encode("utf8", "backslashreplace"))
    copy.chmod(0o400)
    say(
        f"ccingest: a read-only copy of {found.path}, as at {_commit(found)}: there is no work tree of it."
    )
    # An editor that goes on by itself, such as `code` without -w, reads the copy later: the system
    # removes it with its other temporary files.
    _run(editor, copy, found.line)
    if editor.waits:
        shutil.rmtree(folder, ignore_errors=True)


def _run(editor: Editor, file: Path, line: int) -> None:
    """Start the editor, and wait for it. Raises UsageError when it can't be started."""
    import subprocess

    if not editor.knows_lines:
        say(f"ccingest: {editor.name} can't be opened at a line; it is line {line}.")
    try:
        with _output_on_stderr():
            done = subprocess.run(editor.at(file, line), check=False)
    except FileNotFoundError:
        raise UsageError(
            f"The editor {editor.command[0]!r} is not there; check VISUAL and EDITOR."
        ) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise UsageError(f"The editor {editor.command[0]!r} can't be started: {reason}.") from None
    if done.returncode != 0:
        raise CcingestError(f"{editor.command[0]} ended with exit code {done.returncode}.")


@contextmanager
def _output_on_stderr() -> Iterator[None]:
    """What is started writes on stderr when stdout is no terminal: that is for the document alone."""
    sys.stdout.flush()
    if os.isatty(1):
        yield
        return
    kept = os.dup(1)
    try:
        os.dup2(2, 1)
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)


def _has_changed(found: FoundFile, file: Path) -> bool:
    try:
        text = file.read_bytes().decode("utf-8-sig")
    except (OSError, ValueError):  # of another encoding: it is not known
        return False
    return not found.path.endswith(".ipynb") and text != found.text.removeprefix("\ufeff")


def _commit(found: FoundFile) -> str:
    return found.dataset.revision[:10]
