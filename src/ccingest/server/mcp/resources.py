"""Stored files as resources, `ccingest://DATASET/PATH`, and completions of their names."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, unquote

import anyio.to_thread
from mcp.server.context import ServerRequestContext
from mcp.shared.exceptions import MCPError
from mcp_types import (
    INTERNAL_ERROR,
    INVALID_PARAMS,
    CompleteRequestParams,
    CompleteResult,
    Completion,
    ListResourcesResult,
    ListResourceTemplatesResult,
    PaginatedRequestParams,
    ReadResourceRequestParams,
    ReadResourceResult,
    Resource,
    ResourceTemplate,
    TextResourceContents,
)

from ccingest.client import Client
from ccingest.errors import CcingestError, NotFoundError
from ccingest.plurals import number_of
from ccingest.secrets import hide_secrets
from ccingest.server.mcp.failures import details, message_of
from ccingest.visible import safe_block

_Context = ServerRequestContext[Any, Any]
_SCHEME = "ccingest://"
_TEMPLATE = "ccingest://{dataset}/{+path}"
_LONGEST = 16_384  # characters of an address; a path has 4,096 bytes at most, each as %XX
_MOST_COMPLETED = 100  # as the protocol allows
_PAGE = 100
_AS_TEXT = "text/plain"


class Resources:
    """The files of the datasets that a project sees."""

    def __init__(self, client: Client, project: str | None) -> None:
        self._client = client
        self._project = project

    async def list_all(
        self, _: _Context, params: PaginatedRequestParams | None
    ) -> ListResourcesResult:
        """One for each dataset: the list of its files."""
        start = _offset(params)
        datasets = await anyio.to_thread.run_sync(
            lambda: self._client.visible_datasets(project=self._project)
        )
        page = datasets[start : start + _PAGE]
        more = len(datasets) > start + _PAGE
        return ListResourcesResult(
            resources=[
                Resource(
                    uri=uri_of(dataset.name, ""),
                    name=dataset.name,
                    title=f"Files of {dataset.repository}",
                    description=f"{dataset.repository} at {dataset.revision[:12]}, "
                    + number_of(dataset.files, "file"),
                    mime_type=_AS_TEXT,
                )
                for dataset in page
            ],
            next_cursor=str(start + _PAGE) if more else None,
        )

    async def list_templates(
        self, _: _Context, __: PaginatedRequestParams | None
    ) -> ListResourceTemplatesResult:
        template = ResourceTemplate(
            uri_template=_TEMPLATE,
            name="file",
            title="A file of an indexed repository",
            description="A file as it is at the indexed revision; without a path, the list of files.",
            mime_type=_AS_TEXT,
        )
        return ListResourceTemplatesResult(resource_templates=[template])

    async def read(self, _: _Context, params: ReadResourceRequestParams) -> ReadResourceResult:
        """Raises MCPError: there is no such file, or it can't be read."""
        uri = str(params.uri)
        if len(uri) > _LONGEST:  # an error repeats it
            raise MCPError(INVALID_PARAMS, f"The address has over {_LONGEST:,} characters.")
        try:
            text = await anyio.to_thread.run_sync(self._text_of, uri, abandon_on_cancel=True)
        except CcingestError as error:
            code = INVALID_PARAMS if isinstance(error, NotFoundError) else INTERNAL_ERROR
            raise MCPError(
                code, message_of(error), {"uri": hide_secrets(uri), **details(error)}
            ) from None
        return ReadResourceResult(
            contents=[TextResourceContents(uri=uri, text=text, mime_type=_AS_TEXT)]
        )

    async def complete(self, _: _Context, params: CompleteRequestParams) -> CompleteResult:
        """What may be meant: names of datasets, and paths in one, folder by folder."""
        typed = params.argument.value
        chosen = (params.context.arguments or {}) if params.context else {}
        names = await anyio.to_thread.run_sync(
            self._names, params.argument.name, typed, chosen.get("dataset")
        )
        found = [name for name in names if name.startswith(typed)]
        return CompleteResult(
            completion=Completion(
                values=found[:_MOST_COMPLETED],
                total=len(found),
                has_more=len(found) > _MOST_COMPLETED,
            )
        )

    def _text_of(self, uri: str) -> str:
        name, _, path = uri.removeprefix(_SCHEME).partition("/")
        names = [unquote(name)]
        if not path:
            (dataset,) = self._client.find_datasets(names, project=self._project)
            files = self._client.files(dataset.name, project=dataset.project).indexed
            return "".join(f"{safe_block(file.path)}\n" for file in files)
        scope = self._client.follow(names, project=self._project, may_add=False)
        text = self._client.read(unquote(path), scope=scope).text
        return safe_block(text.replace("\r\n", "\n"))

    def _names(self, argument: str, typed: str, dataset: str | None) -> list[str]:
        names = self._client.names()
        if argument == "path":
            found = names.paths(self._project, [dataset] if dataset else [], typed)
        else:
            found = names.datasets(self._project) if argument == "dataset" else []
        return [name.text for name in found]


def uri_of(dataset: str, path: str) -> str:
    return f"{_SCHEME}{quote(dataset, safe='')}/{quote(path)}"


def _offset(params: PaginatedRequestParams | None) -> int:
    cursor = params.cursor if params else None
    if cursor is None:
        return 0
    if not (cursor.isdecimal() and len(cursor) < 10):
        raise MCPError(INVALID_PARAMS, "This cursor is not one of this server's.")
    return int(cursor)
