"""The server of the SDK: it speaks the protocol, in both its eras, and our tools answer."""

from __future__ import annotations

import logging
import os
from typing import Any

import anyio.from_thread
import anyio.to_thread
from mcp.server.caching import CacheHint
from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel.server import Server
from mcp.shared.exceptions import MCPError
from mcp_types import (
    INVALID_PARAMS,
    CallToolRequestParams,
    CallToolResult,
    ListToolsResult,
    PaginatedRequestParams,
    TextContent,
)
from pydantic import ValidationError

from ccingest import __version__
from ccingest.client import Client
from ccingest.errors import CcingestError, UsageError, internal_error
from ccingest.models import Job
from ccingest.server.mcp.answers import Answer
from ccingest.server.mcp.arguments import MOST_MEMBERS
from ccingest.server.mcp.failures import details, message_of
from ccingest.server.mcp.offers import Offer, instructions, offers
from ccingest.server.mcp.options import ServerOptions
from ccingest.server.mcp.resources import Resources
from ccingest.server.mcp.tools import Report, Tools
from ccingest.visible import safe, safe_document

_log = logging.getLogger(__name__)

_Context = ServerRequestContext[Any, Any]
_ERROR_KEY = "ccingest/error"  # in `_meta` of a failed call
_MOST_FAULTS = 5  # of the arguments, that an answer names
_LONGEST_NAME = 100  # characters of one that it names
_AN_HOUR = 3_600_000  # milliseconds
# What can't change while a server runs.
_CACHED = CacheHint(ttl_ms=_AN_HOUR, scope="public")


def build_server(client: Client, options: ServerOptions | None = None) -> Server[Any]:
    """A server over the datasets of a client, for any transport of the SDK.

    The client stays the caller's to close, after the server.
    """
    options = options or ServerOptions()
    calls = _Calls(Tools(client, options), offers(options))
    resources = Resources(client, options.project)
    return Server(
        "ccingest",
        title="ccingest",
        version=__version__,
        description="Searches code and documentation of git repositories by meaning.",
        instructions=instructions(options),
        cache_hints={
            "server/discover": _CACHED,
            "tools/list": _CACHED,
            "resources/templates/list": _CACHED,
        },
        on_list_tools=calls.list_tools,
        on_call_tool=calls.call_tool,
        on_list_resources=resources.list_all,
        on_list_resource_templates=resources.list_templates,
        on_read_resource=resources.read,
        on_completion=resources.complete,
    )


class _Calls:
    """Answers the requests about tools."""

    def __init__(self, tools: Tools, offered: dict[str, Offer]) -> None:
        self._tools = tools
        self._offered = offered

    async def list_tools(self, _: _Context, __: PaginatedRequestParams | None) -> ListToolsResult:
        return ListToolsResult(tools=[one.described() for one in self._offered.values()])

    async def call_tool(self, context: _Context, params: CallToolRequestParams) -> CallToolResult:
        """Raises MCPError for a tool that there is not. All else that is wrong, the result says."""
        offer = self._offered.get(params.name)
        if offer is None:
            known = ", ".join(self._offered)
            raise MCPError(
                INVALID_PARAMS, safe(f"Unknown tool {params.name!r}; there are {known}.")
            )
        given = params.arguments or {}
        if len(given) > MOST_MEMBERS:
            return _failed(UsageError(f"{offer.name} takes {', '.join(offer.argument_names())}."))
        try:
            asked = offer.arguments.model_validate(given)
        except ValidationError as error:
            return _failed(UsageError(_refusal(offer, error)))
        try:
            # Not waited for when the client cancels: no tool has to be undone.
            answer = await anyio.to_thread.run_sync(
                offer.run, self._tools, asked, _reporting(context), abandon_on_cancel=True
            )
        except CcingestError as error:
            return _failed(error)
        except Exception as error:  # a bug must end the call, not the server
            if os.environ.get("CCINGEST_DEBUG"):
                raise
            _log.warning("The tool %s failed: %s", offer.name, type(error).__name__)
            return _failed(internal_error(error, hint="debug"))
        return _done(answer)


def _done(answer: Answer) -> CallToolResult:
    return CallToolResult(
        content=[TextContent(text=answer.text)],
        structured_content=safe_document(dict(answer.document)),
    )


def _failed(error: CcingestError) -> CallToolResult:
    # Not structured: some clients hold all structured content against the tool's schema.
    return CallToolResult(
        content=[TextContent(text=message_of(error))],
        is_error=True,
        _meta={_ERROR_KEY: details(error)},
    )


def _reporting(context: _Context) -> Report:
    """Tells the client how far a job is, if it has asked for that. Progress has to grow."""
    told_so_far = -1

    def report(job: Job) -> None:
        nonlocal told_so_far
        if job.progress > told_so_far:
            told_so_far = job.progress
            where = f"{job.phase} {job.current_file or ''}" if job.phase else job.status
            anyio.from_thread.run(
                context.session.report_progress, float(job.progress), 100.0, safe(where.strip())
            )

    return report


def _refusal(offer: Offer, error: ValidationError) -> str:
    """What is wrong with the arguments, as far as one wants to know, and which there are."""
    wrong = []
    for one in error.errors(include_url=False)[:_MOST_FAULTS]:
        name = ".".join(map(str, one["loc"]))[:_LONGEST_NAME] or "the arguments"
        if one["type"] == "extra_forbidden":
            wrong.append(f"{offer.name} has no argument {name!r}")
        elif one["type"] == "missing":
            wrong.append(f"{offer.name} needs {name}")
        else:
            message = one["msg"].removeprefix("Value error, ")
            wrong.append(f"{name}: {message[:1].lower()}{message[1:]}")
    return f"{'; '.join(wrong)}. It takes {', '.join(offer.argument_names())}."
