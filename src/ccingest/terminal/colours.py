"""Code with the colours of its language."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from ccingest.errors import UsageError
from ccingest.settings import load_settings
from ccingest.visible import safe_block

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.text import Text

_OF_THE_TERMINAL = ("ansi_dark", "ansi_light")


def coloured(lines: Sequence[str], language: str) -> list[Text]:
    """The lines as a terminal may show them. Raises UsageError when the theme does not exist.

    The theme is that of CCINGEST_THEME, or of `theme` in config.toml.
    """
    from rich.syntax import Syntax

    code = "\n".join(safe_block(line).expandtabs(4) for line in lines)
    # The background stays the terminal's own: only some lines of it would have another one.
    syntax = Syntax(code, language, theme=theme(), background_color="default")
    return list(syntax.highlight(code).split("\n", allow_blank=True))[: len(lines)]


def theme() -> str:
    """The name of a style of Pygments, or of one that has the terminal's own colours."""
    wanted = load_settings().theme
    if wanted:
        require_theme(wanted)
    return wanted or _OF_THE_TERMINAL[0]


def require_theme(wanted: str) -> None:
    """Raises UsageError, with those that are near, when there is no such theme."""
    if wanted in _OF_THE_TERMINAL:
        return
    from pygments.styles import get_all_styles

    known = sorted({*get_all_styles(), *_OF_THE_TERMINAL})
    if wanted not in known:
        near = difflib.get_close_matches(wanted, known, n=3)
        hint = f"did you mean {' or '.join(near)}" if near else f"known are {', '.join(known)}"
        raise UsageError(f"There is no theme {wanted!r}; {hint}.", parameter="theme")
