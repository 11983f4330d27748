"""The filters of a question as the store takes them."""

from __future__ import annotations

from dataclasses import replace

from ccingest.errors import UsageError
from ccingest.models import Content, Question
from ccingest.ranking import patterns_of
from ccingest.store import RowFilter

# Globs of a question. More than the files of a large pull request, and longer than a path can be.
_MOST_GLOBS = 5000
_LONGEST_GLOB = 4096


def row_filter(question: Question) -> RowFilter:
    """The question's filters as the store takes them. Raises UsageError for a bad glob."""
    content = content_filter(question.content)
    if not question.paths:
        return replace(content, languages=question.languages)
    from pathspec.patterns.gitignore.base import GitIgnorePatternError
    from pathspec.patterns.gitignore.spec import GitIgnoreSpecPattern

    if len(question.paths) > _MOST_GLOBS:
        raise UsageError(
            f"path is given {len(question.paths):,} times; at most {_MOST_GLOBS:,} are possible.",
            parameter="path",
        )
    wanted: list[str] = []
    unwanted: list[str] = []
    for glob in question.paths:
        if len(glob) > _LONGEST_GLOB:
            from ccingest.secrets import hide_secrets  # its patterns take time to load

            raise UsageError(
                f"path {hide_secrets(glob)[:40]!r}... has {len(glob):,} characters; at most {_LONGEST_GLOB:,} "
                "are possible.",
                parameter="path",
            )
        try:
            pattern, includes = GitIgnoreSpecPattern.pattern_to_regex(glob)
        except GitIgnorePatternError as error:
            raise UsageError(f"path {glob!r} is no valid glob.", parameter="path") from error
        if pattern is None:
            raise UsageError(f"path {glob!r} names no path.", parameter="path")
        (wanted if includes else unwanted).append(pattern)
    return RowFilter(
        question.languages,
        tuple(wanted),
        (*unwanted, *content.unwanted_paths),
        content.required_paths,
    )


def content_filter(content: Content | None) -> RowFilter:
    """Files of that content alone; all of them for none."""
    if content is None:
        return RowFilter()
    required, unwanted = patterns_of(content)
    return RowFilter(required_paths=required, unwanted_paths=unwanted)
