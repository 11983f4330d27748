"""What is kept in order: schedules, settings, agents, and the checks of `ccingest doctor`."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING

from ccingest.terminal.output import table
from ccingest.visible import safe

if TYPE_CHECKING:
    from rich.console import Console

    from ccingest.models import Check, ClientSetup, Configuration, Schedule, SettingValue

_NO_SCHEDULES = "No schedules yet; `ccingest schedule add REPO --every 6h` makes one."


def show_schedules(console: Console, found: list[Schedule]) -> None:
    made = table("project", "dataset", "branch", "schedule", "next, UTC", "last job", "status",
                 constant=("project", "branch"), nothing=_NO_SCHEDULES)  # fmt: skip
    for one in found:
        made.add_row(
            safe(one.request.project),
            safe(one.request.dataset),
            safe(one.request.branch or ""),
            str(one.timing),
            minute(one.next_at),
            (one.last_job_id or "")[:8],
            one.last_status or "",
        )
    console.print(made, crop=False)
    for one in found:
        if one.error:
            text = safe(f"{one.request.dataset}: {one.error}")
            console.print(text, style="red", soft_wrap=True)


def minute(moment: datetime) -> str:
    return f"{moment.astimezone(timezone.utc):%Y-%m-%d %H:%M}"


def show_settings(console: Console, found: Configuration) -> None:
    made = table("setting", "value", "from", "variable", constant=("variable",))
    for one in found.settings:
        made.add_row(one.key, safe(setting_text(one)), one.source, one.variable or "")
    console.print(made, crop=False)
    for key in found.unknown:
        console.print(safe(f"{key} in {found.path} is no setting"), style="yellow", soft_wrap=True)


def setting_text(setting: SettingValue) -> str:
    if setting.key == "token":
        return "not set" if setting.source == "default" else "set"
    return "" if setting.value is None else str(setting.value)


def show_checks(console: Console, checks: list[Check]) -> None:
    for check in checks:
        mark, style = ("ok", "green") if check.ok else ("FAIL", "bold red")
        console.print(f"{mark:<5}", style=style, end="")
        console.print(f"{check.name:<9} {safe(check.detail)}", soft_wrap=True)
        if check.advice:
            console.print(f"{'':<15}{safe(check.advice)}", style="dim", soft_wrap=True)


def setup_line(done: ClientSetup) -> str:
    """What `ccingest mcp install` has done to the file of an agent."""
    where = safe(str(done.path))
    return {
        "unchanged": f"{done.title}: nothing to do in {where}",
        "removed": f"{done.title}: removed from {where}",
    }.get(done.action, f"{done.title}: {done.action} in {where}; start it again to use it")
