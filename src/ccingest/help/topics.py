"""What the help says about other things than commands."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ccingest.errors import UsageError
from ccingest.help.layout import columns, write_rows


@dataclass(frozen=True, slots=True)
class Topic:
    """Something that the help explains in rows: a name, what it means, and its default."""

    title: str
    rows: tuple[tuple[str, str, str], ...]
    after: str = ""


TOPICS: Mapping[str, Topic] = {
    "environment": Topic(
        "Environment variables",
        (
            ("CCINGEST_HOME", "Where everything is stored.", "the platform's user data folder"),
            ("GITHUB_TOKEN, GH_TOKEN", "For private repositories. Sent to its host only.", ""),
            ("GH_HOST", "The host of org/repo and of the token.", "github.com"),
            (
                "CCINGEST_MODEL",
                "A model of fastembed's catalogue, a folder with one, or PROVIDER:MODEL.",
                "the model in the package",
            ),
            ("CHUNK_CHAR_TARGET", "The size of chunks, in characters.", "1000"),
            ("CHUNK_CHAR_OVERLAP", "What pieces of one node share, in characters.", "100"),
            ("EMBEDDING_BATCH_SIZE", "Most chunks in one batch of a hub model.", "256"),
            ("EMBEDDING_PROVIDER", "Who has the model: openai, ollama or voyage.", "this machine"),
            ("OPENAI_API_KEY, OPENAI_BASE_URL", "For models named openai:MODEL.", ""),
            ("VOYAGE_API_KEY, VOYAGE_BASE_URL", "For models named voyage:MODEL.", ""),
            ("OLLAMA_HOST, OLLAMA_API_KEY", "For models named ollama:MODEL.", ""),
            (
                "CCINGEST_PAGER, PAGER",
                "What shows an output that is longer than the screen; empty for nothing.",
                "less",
            ),
            ("CCINGEST_THEME", "The colours of code: a style of Pygments.", ""),
            (
                "CCINGEST_DATABASE",
                "A Postgres database for jobs and the catalogue: postgresql://user@host/name.",
                "a file in the home",
            ),
            (
                "VISUAL, EDITOR",
                "What `ccingest open` starts, such as `code -w`.",
                "nano, vim or vi",
            ),
            ("BROWSER", "What `ccingest open --web` starts.", "the system's"),
            ("FORCE_HYPERLINK", "1 or 0: links on a terminal, whatever it can.", ""),
            (
                "CCINGEST_STORE",
                "An object store for bundles, such as s3://bucket/prefix, and with CCINGEST_DATABASE "
                "for all tables. Credentials are AWS_*, GOOGLE_* or AZURE_* variables.",
                "",
            ),
            (
                "CCINGEST_OBJECT_CACHE_MB",
                "Megabytes that bundles, and tables, of a store may take on this disk.",
                "1024",
            ),
            (
                "CCINGEST_CLONES_PER_HOST",
                "Jobs that all workers together let ask one host at once; 0 sets no limit.",
                "8",
            ),
            (
                "CCINGEST_TOKEN",
                "The token of `ccingest serve`, and what `ccingest doctor --url` sends.",
                "",
            ),
            ("CCINGEST_WEBHOOK_SECRET", "The secret that signs webhooks for `ccingest serve`.", ""),
            ("HTTPS_PROXY, HTTP_PROXY, NO_PROXY", "The proxy for other machines.", ""),
            ("CCINGEST_DEBUG", "Show the traceback of an internal error.", ""),
            ("NO_COLOR", "No colours.", ""),
            ("COLUMNS", "The width of tables and of the help.", "that of the terminal"),
        ),
        "A flag beats the environment, which beats config.toml in the home.",
    ),
    "config": Topic(
        "Keys of config.toml in the home",
        (
            ("gh_host", "As GH_HOST.", "github.com"),
            ("model", "As CCINGEST_MODEL, in the package if empty.", ""),
            ("embedding_provider", "As EMBEDDING_PROVIDER.", ""),
            ("chunk_char_target", "As CHUNK_CHAR_TARGET.", "1000"),
            ("chunk_char_overlap", "As CHUNK_CHAR_OVERLAP.", "100"),
            ("embedding_batch_size", "As EMBEDDING_BATCH_SIZE.", "256"),
            ("clone_cache_mb", "Megabytes that all kept clones may take; 0 keeps none.", "1024"),
            ("clones_per_host", "As CCINGEST_CLONES_PER_HOST.", "8"),
            ("store", "As CCINGEST_STORE.", ""),
            ("object_cache_mb", "As CCINGEST_OBJECT_CACHE_MB.", "1024"),
            ("pager", "As CCINGEST_PAGER.", ""),
            ("theme", "As CCINGEST_THEME.", ""),
            ("database", "As CCINGEST_DATABASE; without a password.", ""),
            ("history_days", "How long a worker keeps jobs that have ended, in days.", "7"),
        ),
        "A flag beats the environment, which beats this file.",
    ),
    "exit-codes": Topic(
        "Exit codes",
        (
            ("0", "Done, or already up to date.", ""),
            ("1", "A job failed, an internal error, or no hit reaches --min-score.", ""),
            ("2", "Wrong usage.", ""),
            ("3", "No such dataset, job or repository.", ""),
            ("4", "No access.", ""),
            ("5", "Network.", ""),
            ("130", "Interrupted.", ""),
        ),
        "Every error is one sentence on stderr; with --json, it is a document on stdout as well.",
    ),
}


def text_of(topic: Topic, context: Any) -> str:
    """The topic as `ccingest help TOPIC` shows it. `context` is that of the whole program."""
    context.terminal_width = columns()
    formatter = context.make_formatter()
    rows = [
        (name, f"{meaning}{f'  [default: {default}]' if default else ''}")
        for name, meaning, default in topic.rows
    ]
    write_rows(formatter, topic.title, rows)
    formatter.write_paragraph()
    formatter.write_text(topic.after)
    return str(formatter.getvalue()).rstrip()


def help_of(words: Sequence[str], root: Any) -> str:
    """The help of a command, named by its words. Raises UsageError when there is no such command."""
    context, command = root, root.command
    for number, word in enumerate(words):
        names = getattr(command, "commands", {})
        inner = names.get(word)
        if inner is None:
            known = f"`ccingest help{''.join(f' {one}' for one in words[:number])}`"
            close = difflib.get_close_matches(word, [*names, *TOPICS], n=1)
            meant = f", did you mean {close[0]!r}" if close else ""
            raise UsageError(
                f"No help for {word!r}: it is no command and no topic{meant}; {known} lists them."
            )
        command = inner
        context = type(root)(command, info_name=word, parent=context, **command.context_settings)
    return str(command.get_help(context))
