"""Writes docs/documents.schema.json, the JSON Schema of every document: python docs/schema.py"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, get_type_hints

import msgspec

from ccingest.documents import camel_case, types
from ccingest.models import IngestCounts

FILE = Path(__file__).parent / "documents.schema.json"


def schema() -> dict[str, Any]:
    """Draft 2020-12; each document under its name in `$defs`."""
    _, components = msgspec.json.schema_components(types.DOCUMENTS, ref_template="#/$defs/{name}")
    # The types name the keys that are always there; the counts follow from their values.
    for job in (components["JobDocument"], components["PulledDocument"]):
        for field in fields(IngestCounts):
            name = camel_case(field.name)
            job["properties"][name] = _count_schema(get_type_hints(IngestCounts)[field.name])
            job["required"] = sorted({*job["required"], name})
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "The JSON documents of ccingest",
        "$defs": dict(sorted(components.items())),
    }


def _count_schema(kind: Any) -> dict[str, Any]:
    """Null, or {} where it is a mapping, until there is one."""
    if getattr(kind, "__origin__", None) is Mapping or "Mapping" in str(kind):
        return {"type": "object", "additionalProperties": {"type": "number"}}
    return {"type": ["integer", "null"]}


def text() -> str:
    return json.dumps(schema(), indent=1) + "\n"


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
