"""The home that the settings name, opened for one command."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ccingest.settings import load_settings

if TYPE_CHECKING:
    from ccingest.app.home import Home


@contextmanager
def opened_home(*, create: bool = False) -> Iterator[Home]:
    """The home that the settings name. With `create`, its folders are made if they are missing."""
    from ccingest.app.home import Home

    settings = load_settings()
    if create:
        settings.create_home()
    with Home(settings) as home:
        yield home
