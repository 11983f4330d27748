"""Documents of what is found: hits, and lines of stored files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccingest.documents.freshness import freshness_document
from ccingest.documents.keys import Document

if TYPE_CHECKING:
    from ccingest.documents import types
    from ccingest.models import (
        Explanation,
        FileLines,
        FoundFile,
        Hit,
        Outline,
        SearchResult,
        SimilarResult,
    )


def hit_document(hit: Hit) -> Document:
    snippet = hit.snippet
    document: types.HitDocument = {
        "rank": hit.rank,
        "score": hit.score,
        "confidence": None if hit.confidence is None else round(hit.confidence, 3),
        "project": hit.project,
        "dataset": hit.dataset,
        "source": hit.source,
        "repository": hit.repository,
        "sha": hit.revision,
        "path": hit.path,
        "state": hit.state,
        "startLine": hit.start_line,
        "endLine": hit.end_line,
        "language": hit.language,
        "symbol": hit.symbol,
        "kind": hit.kind,
        "snippet": {
            "startLine": snippet.start_line,
            "endLine": snippet.end_line,
            "signatureLine": snippet.signature,
            "lineNumbers": [number for number, _ in snippet.lines],
            "text": "\n".join(line for _, line in snippet.lines),
        },
        "also": list(hit.also),
        "copies": list(hit.copies),
        "text": hit.text,
        "url": hit.url,
    }
    if hit.explanation:
        return {**document, "explanation": _explanation(hit.explanation)}
    return document


def _explanation(why: Explanation) -> types.ExplanationDocument:
    return {
        "questionKind": why.kind,
        "nthOfFile": why.nth_of_file,
        "contributions": [
            {
                "name": part.name,
                "reason": part.reason,
                "value": round(part.value, 6),
                "points": round(part.points, 6),
            }
            for part in why.contributions
        ],
    }


def search_document(found: SearchResult) -> Document:
    from ccingest.secrets import hide_secrets  # its patterns take a millisecond

    return {
        "query": hide_secrets(found.query),
        "k": found.k,
        "hits": [hit_document(hit) for hit in found.hits],
        "note": found.note or None,
        "mode": found.mode,
        "freshness": [freshness_document(one) for one in found.freshness],
    }


def _stored_file(found: FileLines | FoundFile | Outline | SimilarResult) -> types.StoredFile:
    from ccingest.models.overlays import state_of

    dataset = found.dataset
    return {
        "project": dataset.project,
        "dataset": dataset.name,
        "source": dataset.source.kind,
        "repository": dataset.repository,
        "sha": dataset.revision,
        "path": found.path,
        "state": state_of(dataset, found.path),
    }


def file_lines_document(found: FileLines) -> types.FileLinesDocument:
    return {
        **_stored_file(found),
        "startLine": found.start_line,
        "endLine": found.end_line,
        "text": found.text,
        "url": found.url,
    }


def found_file_document(found: FoundFile) -> types.FoundFileDocument:
    return {
        **_stored_file(found),
        "line": found.line,
        "file": str(found.on_disk) if found.on_disk else None,
        "url": found.url,
    }


def outline_document(found: Outline) -> types.OutlineDocument:
    symbols: list[types.SymbolDocument] = [
        {"symbol": one.name, "line": one.line} for one in found.symbols
    ]
    return {**_stored_file(found), "symbols": symbols}


def similar_document(found: SimilarResult) -> Document:
    file = _stored_file(found)
    return {
        **file,
        "line": found.line,
        "k": found.k,
        "hits": [hit_document(hit) for hit in found.hits],
    }
