"""A password in a URL is printed by no command, whichever of its parameters the URL is given to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from cli.conftest import Run
from cli.test_help import COMMANDS

PASSWORD = "s3cret"
# No server listens there, and a bad port in it is no address at all.
URLS = [f"http://user:{PASSWORD}@127.0.0.1:1/org/repo", f"https://{PASSWORD}%40x@[::1/org/repo"]
STAY = {"mcp", "serve", "worker", "watch", "folder watch"}  # until they are stopped
TEXTS = {"StringParamType", "TyperPath"}
# A question is printed as it was asked, and these filter what is printed.
LEFT_OUT = {"words", "fields", "jq"}


def lines(command: Any, url: str) -> Iterator[list[str]]:
    """The arguments of the command, with the URL for each of its texts in turn."""
    texts = [one for one in command.params if type(one.type).__name__ in TEXTS]
    arguments = [one for one in texts if not one.opts[0].startswith("-")]
    for given in texts:
        if given.name in LEFT_OUT:
            continue
        words = [
            url if one is given else "word" for one in arguments if one.required or one is given
        ]
        option = [] if given in arguments else [f"{given.opts[0]}={url}"]
        retries = (
            ["--max-retries=0"] if any(p.name == "max_retries" for p in command.params) else []
        )
        yield [*words, *option, *retries]


@pytest.mark.parametrize("url", URLS)
@pytest.mark.parametrize(
    "name", [name for name, one in COMMANDS.items() if name not in STAY and one.params]
)
def test_a_password_in_a_url_is_never_printed(here: Run, name: str, url: str) -> None:
    for line in lines(COMMANDS[name], url):
        for form in ([], ["--json"]):
            done = here(*name.split(), *line, *form, CCINGEST_WEBHOOK_SECRET="x")
            assert PASSWORD not in done.out + done.err, line
            assert "Internal error" not in done.err
