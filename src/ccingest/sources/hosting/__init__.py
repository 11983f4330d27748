"""Which repositories an organisation has: the REST API of GitHub and of GitHub Enterprise.

The requests and answers are those of docs.github.com/en/rest, API version 2022-11-28:
"List organization repositories", "List repositories for a user", "List commits" (409 for an empty
repository), "Using pagination" (the Link header) and "Rate limits for the REST API".

Pure functions parse the answers, and only `GitHubApi` uses the network. The token goes only to the host
that it was made for: redirects and next pages on other hosts are not followed.
"""

from ccingest.sources.hosting.answers import (
    Answer,
    next_page,
    parse_repositories,
    pause_of,
    skip_reason,
)
from ccingest.sources.hosting.api import GitHubApi, api_url

__all__ = [
    "Answer",
    "GitHubApi",
    "api_url",
    "next_page",
    "parse_repositories",
    "pause_of",
    "skip_reason",
]
