"""The progress of one job on the last line of a terminal: as much as its width can hold."""

from __future__ import annotations

import time
from dataclasses import field
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.text import Text

from ccingest.values import dataclass

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderResult

    from ccingest.terminal.time_left import TimeLeft

_FRAMES = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
_FRAMES_A_SECOND = 10
_WIDTHS = (24, 12, 6, 0)  # of the bar: the widest that fits
_LEAST_FILE = 12  # columns for the name of the current file, or none
_GAP = "  "


@dataclass(slots=True)
class JobBar:
    """What is known of a running job. Whoever shows it changes it, and it is drawn again and again."""

    title: str
    phase: str = "queued"
    done: int = 0
    total: int = 0  # 0: not known
    facts: list[str] = field(
        default_factory=list
    )  # such as "12/150 files", the first ones matter most
    file: str = ""
    time_left: TimeLeft | None = None

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        # The terminal writes ^C behind it. On a full line that would begin another one, and what
        # then is erased would be the wrong line.
        yield self.drawn(options.max_width - 3, time.monotonic(), plain=options.ascii_only)

    def drawn(self, width: int, now: float, *, plain: bool = False) -> Text:
        """On one line, or on two when not even the title and the phase fit on one."""
        frame = "*" if plain else _FRAMES[int(now * _FRAMES_A_SECOND) % len(_FRAMES)]
        head = Text(f"{frame} ", style="green").append(self.title, style="bold")
        room = width - head.cell_len
        parts = self._parts(room - 1, now, plain=plain)
        if parts is not None:
            return head.append(" ").append_text(parts)
        head.truncate(width, overflow="ellipsis")
        return head.append("\n  ").append_text(self._parts(width - 2, now, plain=plain) or Text())

    def _parts(self, room: int, now: float, *, plain: bool) -> Text | None:
        """The phase and what else fits, the most important first. None when not even that fits."""
        from ccingest.terminal.time_left import left

        share = min(self.done / self.total, 1.0) if self.total else None
        seconds = self.time_left.seconds(now) if self.time_left else None
        # In the order of their worth: each is shown if there is room after those before it.
        wanted = [("phase", self.phase)]
        wanted += [("percent", f"{share:.0%}")] if share is not None else []
        wanted += [("left", left(seconds))] if seconds is not None else []
        wanted += [(f"fact {number}", fact) for number, fact in enumerate(self.facts)]
        shown: dict[str, str] = {}
        for name, text in wanted:
            needed = cell_len(text) + (len(_GAP) if shown else 0)
            if needed > room:
                break
            shown[name] = text
            room -= needed
        if not shown:
            return None
        bar = next((size for size in _WIDTHS if size + len(_GAP) <= room), 0)
        bar = bar if share is not None else 0
        room -= bar + len(_GAP) if bar else 0
        return self._joined(shown, bar, share or 0.0, room, plain=plain)

    def _joined(
        self, shown: dict[str, str], bar: int, share: float, room: int, *, plain: bool
    ) -> Text:
        line = Text(shown["phase"], style="cyan")
        if bar:
            full = round(share * bar)
            line.append(_GAP).append(("#" if plain else "━") * full, style="magenta")
            line.append(("-" if plain else "━") * (bar - full), style="bright_black")
        for name, text in shown.items():
            if name != "phase":
                style = "dim" if name.startswith("fact") else ""
                line.append(_GAP).append(text, style=style)
        if self.file and room - len(_GAP) >= min(_LEAST_FILE, cell_len(self.file)):
            file = Text(self.file, style="dim")
            file.truncate(room - len(_GAP), overflow="ellipsis")
            line.append(_GAP).append_text(file)
        return line
