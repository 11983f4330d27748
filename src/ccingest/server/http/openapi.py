"""The description of the API: schemas of the documents, and a page that shows it.

The page is plain HTML, because those of Swagger and of Redoc load their scripts from elsewhere.
"""

from __future__ import annotations

import types
from collections.abc import Mapping
from html import escape
from typing import Any, Union, get_args, get_origin, get_type_hints, is_typeddict

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from ccingest.documents.types import ErrorDocument

_PLAIN = {str: "string", int: "integer", float: "number", bool: "boolean", type(None): "null"}
_METHODS = ("get", "post", "delete")


def answers(successes: Mapping[int, Any], *errors: int) -> dict[int | str, dict[str, Any]]:
    """The answers of a path: its documents, and errors, of which some codes are named."""
    found: dict[int | str, dict[str, Any]] = {
        code: _answer("Done" if code < 300 else "No such thing", kind)
        for code, kind in successes.items()
    }
    for code in errors:
        found.setdefault(code, _answer("An error", ErrorDocument))
    found["4XX"] = _answer("A request that is refused", ErrorDocument)
    found["5XX"] = _answer("The server can't do it now", ErrorDocument)
    return found


def _answer(description: str, kind: Any) -> dict[str, Any]:
    content = {"application/json": {"schema": schema_of(kind)}}
    return {"description": description, "content": content}


def schema_of(kind: Any) -> dict[str, Any]:
    """The JSON Schema of a document's type. Raises TypeError for what documents don't hold."""
    if kind in _PLAIN:
        return {"type": _PLAIN[kind]}
    if kind is Any:
        return {}
    if is_typeddict(kind):
        hints = get_type_hints(kind)
        return {
            "type": "object",
            "properties": {name: schema_of(hint) for name, hint in hints.items()},
            "required": [name for name in hints if name in kind.__required_keys__],
        }
    origin, inner = get_origin(kind), get_args(kind)
    if origin is list:
        return {"type": "array", "items": schema_of(inner[0])}
    if origin is dict:
        return {"type": "object", "additionalProperties": schema_of(inner[1])}
    if origin in (Union, types.UnionType):
        return {"anyOf": [schema_of(one) for one in inner]}
    raise TypeError(f"{kind!r} is no type of a document")


def describe(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI description. Used in the place of `app.openapi`."""
    if app.openapi_schema is None:
        made = get_openapi(
            title=app.title,
            version=app.version,
            description=app.description,
            routes=app.routes,
        )
        schemes = {"token": {"type": "http", "scheme": "bearer"}}
        made.setdefault("components", {})["securitySchemes"] = schemes
        made["security"] = [{}, {"token": []}]  # {}: a server on loopback may have no token
        app.openapi_schema = made
    return app.openapi_schema


def page(description: Mapping[str, Any]) -> str:
    """All paths with what they take, in plain HTML."""
    info = description["info"]
    sections = [
        _section(method, path, item[method])
        for path, item in description["paths"].items()
        for method in _METHODS
        if method in item
    ]
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>{escape(info['title'])}</title><style>{_STYLE}</style>"
        f"<main><h1>{escape(info['title'])} {escape(info['version'])}</h1>"
        f"<p>{escape(info['description'])}</p>"
        '<p>For programs: <a href="/openapi.json">/openapi.json</a>.</p>'
        f"{''.join(sections)}</main></html>"
    )


def _section(method: str, path: str, operation: Mapping[str, Any]) -> str:
    text = escape(operation.get("description") or operation.get("summary", ""))
    rows = [
        f"<li><code>{escape(one['name'])}</code> ({escape(one['in'])})"
        f"{' required' if one.get('required') else ''} {escape(one.get('description', ''))}"
        for one in operation.get("parameters", ())
    ]
    content = operation.get("requestBody", {}).get("content", {})
    for body in content.values():
        name = str(body["schema"].get("$ref", "")).rpartition("/")[2]
        rows.append(f"<li>body: <code>{escape(name or 'JSON')}</code>, see /openapi.json")
    codes = ", ".join(escape(code) for code in operation["responses"])
    return (
        f"<h2><code>{method.upper()} {escape(path)}</code></h2><p>{text}</p>"
        f"<ul>{''.join(rows)}<li>answers: {codes}</ul>"
    )


_STYLE = (
    ":root{color-scheme:light dark}main{max-width:50rem;margin:auto;padding:0 1rem;"
    "font:1rem/1.5 system-ui,sans-serif}h2{font-size:1rem;border-top:1px solid;padding-top:1rem}"
    "code{overflow-wrap:anywhere}"
)
