"""Templates to pages. Everything that a template writes is escaped, and made visible."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime, timezone
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from ccingest.plurals import number_of
from ccingest.server.page import addresses, wording
from ccingest.server.page.protection import FORM_FIELD
from ccingest.visible import safe_block

_HERE = Path(__file__).parent
_MEDIA_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
}


@lru_cache(maxsize=1)
def assets() -> Mapping[str, tuple[bytes, str]]:
    """Name -> content and media type of each file that pages load."""
    files = sorted((_HERE / "static").iterdir())
    return {
        one.name: (one.read_bytes(), _MEDIA_TYPES[one.suffix])
        for one in files
        if one.suffix in _MEDIA_TYPES
    }


@lru_cache(maxsize=32)
def asset(name: str) -> str:
    """The address of an asset. It changes with its content, so browsers may keep it for ever."""
    digest = hashlib.sha256(assets()[name][0]).hexdigest()[:12]
    return f"{addresses.ASSETS}/{name}?v={digest}"


def render(template: str, values: Mapping[str, Any]) -> str:
    """The page of a template. `values` are its variables."""
    return (
        _environment()
        .get_template(template)
        .render(now=datetime.now(timezone.utc), form_field=FORM_FIELD, **values)
    )


@lru_cache(maxsize=1)
def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        finalize=_visible,
    )
    made.filters.update(
        ago=wording.ago,
        exact=wording.exact,
        size=wording.size,
        span=wording.span,
        number=wording.number,
        plural=number_of,
    )
    made.globals.update(
        asset=asset,
        address=addresses.address,
        to=addresses,
    )
    return made


def _visible(value: object) -> object:
    """Text from elsewhere could reorder or hide what stands beside it."""
    return safe_block(value) if isinstance(value, str) and not isinstance(value, Markup) else value
