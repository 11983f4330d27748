"""Which repositories an organisation has: the REST API of GitHub and of GitHub Enterprise.

The requests and what may come back are those of docs.github.com/en/rest, API version 2022-11-28:
"List organization repositories", "List repositories for a user", "List commits" (409 for an empty
repository), "Using pagination" (the Link header) and "Rate limits for the REST API".

What the host says is read by pure functions; `GitHubApi` is all that talks to it. The token goes to
the host it was made for and nowhere else: no redirect and no next page leads it away.
"""

from ccingest.sources.hosting.answers import (
    Answer,
    next_page,
    parse_repositories,
    pause_asked_for,
    why_skipped,
)
from ccingest.sources.hosting.api import GitHubApi, api_url

__all__ = [
    "Answer",
    "GitHubApi",
    "api_url",
    "next_page",
    "parse_repositories",
    "pause_asked_for",
    "why_skipped",
]
