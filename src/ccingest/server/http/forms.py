"""The forms of texts in bodies: what is checked, and what the description of the API shows.

It shows the usual forms first, as patterns from which programs can make examples that mean something,
and that any other text is looked at as well: `git@HOST:org/repo`, or a name in any script.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Path
from pydantic import BeforeValidator, Field, StringConstraints, WithJsonSchema

_TRUE = ("true", "on", "1", 1)
_FALSE = ("false", "off", "0", 0, "", None)
_NAME = r"^[A-Za-z0-9_](?:[A-Za-z0-9 _.,+-]*[A-Za-z0-9_])?$"
_BRANCH = r"^[A-Za-z0-9_]+(?:[./-][A-Za-z0-9_]+)*$"
_REPOSITORY = (
    r"^(?:(?:https://)?[a-z0-9]+(?:[.-][a-z0-9]+)*\.[a-z]{2,}/)?"
    r"[A-Za-z0-9_][A-Za-z0-9_-]{0,37}/[A-Za-z0-9_-][A-Za-z0-9._-]{0,60}[A-Za-z0-9]$"
)
_SITE = r"^https://[a-z0-9]{1,30}(?:[.-][a-z0-9]{1,30}){0,3}\.[a-z]{2,12}/(?:[a-z0-9]{1,30}/){0,3}$"


def _flag(value: Any) -> Any:
    """Forms and shells write a flag as text or as a number."""
    known = value.lower() if isinstance(value, str) else value
    if isinstance(known, (bool, int, str, type(None))):
        return True if known in _TRUE else False if known in _FALSE else value
    return value


def _whole(value: Any) -> Any:
    """For JSON, 5.0 is a whole number too."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _as_list(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def _shown(pattern: str, longest: int = 255) -> WithJsonSchema:
    bounds = {"type": "string", "minLength": 1, "maxLength": longest}
    return WithJsonSchema({"anyOf": [{**bounds, "pattern": pattern}, bounds]})


_Name = Annotated[str, StringConstraints(min_length=1, max_length=255, strict=True)]
_Text = Annotated[str, StringConstraints(min_length=1, max_length=8192, strict=True)]

Name = Annotated[_Name, _shown(_NAME)]
Branch = Annotated[_Name, _shown(_BRANCH)]
Repository = Annotated[_Text, _shown(_REPOSITORY, 8192)]
Site = Annotated[
    str, StringConstraints(min_length=1, max_length=2000, strict=True), _shown(_SITE, 2000)
]
# Whether a program may read it, the server says. Whether it exists, it does not.
Folder = Annotated[_Text, StringConstraints(pattern="^/")]
Commit = Annotated[_Name, StringConstraints(pattern="^[0-9a-fA-F]{40}$")]
Language = Annotated[
    _Name,
    WithJsonSchema(
        {
            "type": "string",
            "enum": ["python", "go", "rust", "java", "javascript", "typescript", "c", "markdown"],
            "description": "One of these, or any other language that a file can have.",
        }
    ),
]
Whole = Annotated[int, BeforeValidator(_whole)]
# Of a path. Reading takes `all`, too. No project has a name of another form, see `check_name`.
Project = Annotated[str, Path(min_length=1, max_length=255, pattern=r"^[^\x00-\x1f\x7f-\x9f/]+$")]
Prefix = Annotated[_Name, _shown(r"^[A-Za-z0-9_/.-]+$")]
Span = Annotated[_Name, _shown("^(?:[1-9][0-9]?h|[1-9]d)$")]
Fields = Annotated[_Name, _shown(r"^[0-5]?[0-9] (?:\*|1?[0-9]) \* \* (?:\*|[0-6])$")]
Flag = Annotated[
    bool,
    BeforeValidator(_flag),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "boolean"},
                {"enum": ["true", "false", "on", "off", "1", "0", "", 1, 0, None]},
            ],
            "default": False,
        }
    ),
]
_ONE_NAME = {"type": "string", "minLength": 1, "maxLength": 255}
Names = Annotated[
    list[_Name],
    BeforeValidator(_as_list),
    Field(max_length=100),
    WithJsonSchema({"anyOf": [_ONE_NAME, {"type": "array", "maxItems": 100, "items": _ONE_NAME}]}),
]
