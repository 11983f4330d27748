"""The values that the rooms of ccingest exchange. All are frozen and import only each other.

A module is loaded when one of its names is first used, because creating all 50 classes takes longer than
a command that lists jobs.

| module | holds |
| --- | --- |
| bundles | a dataset version as one file |
| sources | where a dataset comes from, and its revisions |
| content | files and chunks |
| crawls | how a documentation site is read |
| datasets | datasets, their files and options |
| jobs | requests, jobs, events |
| estimates | what an ingest would have to do |
| freshness | how fresh an answer is |
| overlays | what a work tree has that its base dataset has not |
| hits | the results of searches, and why they were found |
| questions | what is asked, and what may be said beside it |
| schedules | which datasets are brought up to date automatically, and when |
| results | other values that use cases return |
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ccingest.models.bundles import Bundle, BundleManifest, Pulled, PulledAll, RefusedBundle
    from ccingest.models.content import Chunk, EmbeddedChunk, SelectedFile, SkipReason, SourceFile
    from ccingest.models.crawls import CRAWL_MODES, MOST_PAGES, CrawlMode, CrawlOptions
    from ccingest.models.datasets import (
        SCOPES,
        DamagedDataset,
        Dataset,
        DeletedDataset,
        Deletion,
        IngestOptions,
        ManifestFile,
        Scope,
        SkippedFile,
        SkippedFiles,
        StoredDataset,
    )
    from ccingest.models.estimates import Estimate, SyncEstimate
    from ccingest.models.freshness import Freshness
    from ccingest.models.hits import (
        Candidate,
        Contribution,
        Explanation,
        Hit,
        SearchResult,
        SimilarResult,
        Snippet,
    )
    from ccingest.models.jobs import (
        ENDED,
        PHASES,
        STATUSES,
        Enqueued,
        Event,
        IngestCounts,
        Job,
        JobRequest,
        LogLine,
        Phase,
        PreparedVersion,
        Status,
        Unchanged,
    )
    from ccingest.models.overlays import (
        DatasetView,
        FileState,
        Overlay,
        OverlayFile,
        OverlayState,
        PreparedOverlay,
    )
    from ccingest.models.questions import CONTENTS, MODES, SNIPPET_LINES, Content, Mode, Question
    from ccingest.models.results import (
        Check,
        CleanupSummary,
        ClientSetup,
        Configuration,
        DatasetFiles,
        FileLines,
        FoundFile,
        HostedRepository,
        JobLog,
        Migration,
        OrganizationResult,
        Outline,
        ProjectStatistics,
        SettingValue,
        Spread,
        Symbol,
        SyncOutcome,
        SyncResult,
        WorkerSummary,
    )
    from ccingest.models.schedules import Cron, Every, Schedule, Timing
    from ccingest.models.sources import Entry, EntryKind, Reference, Revision, SourceKind

__all__ = [
    "CONTENTS",
    "CRAWL_MODES",
    "ENDED",
    "MODES",
    "MOST_PAGES",
    "PHASES",
    "SCOPES",
    "SNIPPET_LINES",
    "STATUSES",
    "Bundle",
    "BundleManifest",
    "Candidate",
    "Check",
    "Chunk",
    "CleanupSummary",
    "ClientSetup",
    "Configuration",
    "Content",
    "Contribution",
    "CrawlMode",
    "CrawlOptions",
    "Cron",
    "DamagedDataset",
    "Dataset",
    "DatasetFiles",
    "DatasetView",
    "DeletedDataset",
    "Deletion",
    "EmbeddedChunk",
    "Enqueued",
    "Entry",
    "EntryKind",
    "Estimate",
    "Event",
    "Every",
    "Explanation",
    "FileLines",
    "FileState",
    "FoundFile",
    "Freshness",
    "Hit",
    "HostedRepository",
    "IngestCounts",
    "IngestOptions",
    "Job",
    "JobLog",
    "JobRequest",
    "LogLine",
    "ManifestFile",
    "Migration",
    "Mode",
    "OrganizationResult",
    "Outline",
    "Overlay",
    "OverlayFile",
    "OverlayState",
    "Phase",
    "PreparedOverlay",
    "PreparedVersion",
    "ProjectStatistics",
    "Pulled",
    "PulledAll",
    "Question",
    "Reference",
    "RefusedBundle",
    "Revision",
    "Schedule",
    "Scope",
    "SearchResult",
    "SelectedFile",
    "SettingValue",
    "SimilarResult",
    "SkipReason",
    "SkippedFile",
    "SkippedFiles",
    "Snippet",
    "SourceFile",
    "SourceKind",
    "Spread",
    "Status",
    "StoredDataset",
    "Symbol",
    "SyncEstimate",
    "SyncOutcome",
    "SyncResult",
    "Timing",
    "Unchanged",
    "WorkerSummary",
]

_MODULES = {
    "ccingest.models.bundles": (
        "Bundle",
        "BundleManifest",
        "Pulled",
        "PulledAll",
        "RefusedBundle",
    ),
    "ccingest.models.content": (
        "Chunk",
        "EmbeddedChunk",
        "SelectedFile",
        "SkipReason",
        "SourceFile",
    ),
    "ccingest.models.crawls": (
        "CRAWL_MODES",
        "MOST_PAGES",
        "CrawlMode",
        "CrawlOptions",
    ),
    "ccingest.models.datasets": (
        "SCOPES",
        "DamagedDataset",
        "Dataset",
        "DeletedDataset",
        "Deletion",
        "IngestOptions",
        "ManifestFile",
        "Scope",
        "SkippedFile",
        "SkippedFiles",
        "StoredDataset",
    ),
    "ccingest.models.estimates": ("Estimate", "SyncEstimate"),
    "ccingest.models.freshness": ("Freshness",),
    "ccingest.models.hits": (
        "Candidate",
        "Contribution",
        "Explanation",
        "Hit",
        "SearchResult",
        "SimilarResult",
        "Snippet",
    ),
    "ccingest.models.questions": (
        "CONTENTS",
        "MODES",
        "SNIPPET_LINES",
        "Content",
        "Mode",
        "Question",
    ),
    "ccingest.models.jobs": (
        "ENDED",
        "PHASES",
        "STATUSES",
        "Enqueued",
        "Event",
        "IngestCounts",
        "Job",
        "JobRequest",
        "LogLine",
        "Phase",
        "PreparedVersion",
        "Status",
        "Unchanged",
    ),
    "ccingest.models.overlays": (
        "DatasetView",
        "FileState",
        "Overlay",
        "OverlayFile",
        "OverlayState",
        "PreparedOverlay",
    ),
    "ccingest.models.results": (
        "Check",
        "CleanupSummary",
        "ClientSetup",
        "Configuration",
        "DatasetFiles",
        "FileLines",
        "FoundFile",
        "HostedRepository",
        "JobLog",
        "Migration",
        "OrganizationResult",
        "Outline",
        "ProjectStatistics",
        "SettingValue",
        "Spread",
        "Symbol",
        "SyncOutcome",
        "SyncResult",
        "WorkerSummary",
    ),
    "ccingest.models.schedules": (
        "Cron",
        "Every",
        "Schedule",
        "Timing",
    ),
    "ccingest.models.sources": (
        "Entry",
        "EntryKind",
        "Reference",
        "Revision",
        "SourceKind",
    ),
}
_MODULE_OF = {name: module for module, names in _MODULES.items() for name in names}


def __getattr__(name: str) -> Any:
    from importlib import import_module

    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = getattr(import_module(_MODULE_OF[name]), name)
    globals()[name] = found
    return found
