"""Stored files as resources, and completions of their names."""

from __future__ import annotations

import pytest
from mcp import MCPError
from mcp_types import ResourceTemplateReference

from ccingest.server.mcp.resources import uri_of
from server.mcp.conftest import SHOP, Served

TEMPLATE = "ccingest://{dataset}/{+path}"


def completed(served: Served, name: str, typed: str, **chosen: str) -> list[str]:
    found = served.ask(
        "complete",
        ResourceTemplateReference(uri=TEMPLATE),
        {"name": name, "value": typed},
        context_arguments=chosen,
    )
    values: list[str] = found.completion.values
    return values


def test_the_files_of_a_dataset_are_resources(served: Served) -> None:
    (template,) = served.ask("list_resource_templates").resource_templates
    assert template.uri_template == TEMPLATE
    (listed,) = served.ask("list_resources").resources
    assert (listed.uri, listed.name) == ("ccingest://shop/", "shop")
    (content,) = served.ask("read_resource", listed.uri).contents
    paths = content.text.splitlines()
    assert paths == ["README.md", "shop/checkout.go", "steps.py", "sums.py"]
    for path in paths:
        (content,) = served.ask("read_resource", uri_of("shop", path)).contents
        assert content.text == SHOP[path]
        assert content.uri == f"ccingest://shop/{path}"


@pytest.mark.parametrize("uri", ["ccingest://shop/none.py", "ccingest://none/a.py", "file:///etc"])
def test_a_resource_that_there_is_not(served: Served, uri: str) -> None:
    with pytest.raises(MCPError, match="not_found: ") as refused:
        served.ask("read_resource", uri)
    assert refused.value.error.data["uri"] == uri


def test_an_address_has_a_bound(served: Served) -> None:
    longest = 16_384
    for length in (longest, longest + 1):
        with pytest.raises(MCPError) as refused:
            served.ask("read_resource", "ccingest://shop/".ljust(length, "x"))
        assert ("over 16,384 characters" in refused.value.error.message) == (length > longest)


def test_names_are_completed(served: Served) -> None:
    assert completed(served, "dataset", "sh") == ["shop"]
    assert completed(served, "dataset", "x") == []
    assert completed(served, "path", "s", dataset="shop") == ["shop/", "steps.py", "sums.py"]
    assert completed(served, "path", "shop/", dataset="shop") == ["shop/checkout.go"]
    assert completed(served, "other", "s") == []


def test_what_can_not_change_may_be_kept(served: Served) -> None:
    listed = served.ask("list_tools")
    is_modern = served.client.protocol_version == "2026-07-28"
    assert (listed.ttl_ms, listed.cache_scope) == (
        (3_600_000, "public") if is_modern else (0, "private")
    )


def test_a_name_of_any_characters_has_an_address() -> None:
    assert uri_of("a b/ü", "c d/e#f.py") == "ccingest://a%20b%2F%C3%BC/c%20d/e%23f.py"
