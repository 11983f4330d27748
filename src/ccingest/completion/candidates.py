"""Completion of commands, options and their values, in bash, zsh and fish.

A shell asks with `_CCINGEST_COMPLETE` set, and gets a line for each candidate: the whole word, and
after a tab what it is. A line that begins with a tab says that local files or folders fit.
"""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import field
from typing import Any

from ccingest.app.names import Name, StoredNames
from ccingest.help.layout import summary_of, visible_commands
from ccingest.settings import ALL_PROJECTS, CONFIG_KEYS, DEFAULT_PROJECT, load_settings
from ccingest.values import dataclass
from ccingest.visible import safe

_FILES, _FOLDERS = Name("", "files"), Name("", "folders")
# The end of what is typed, for splitting: it shows whether the last word has begun.
_CURSOR = "\x00"
_AROUND_PATH = re.compile(r"\[DATASET:\]|\[:START-END\]|:LINE")
_JOB_STATES: Mapping[str, tuple[str, ...]] = {
    "cancel": ("pending", "in_progress"),
    "retry": ("failed", "cancelled"),
}


@dataclass
class Typed:
    """What the words before the cursor say."""

    main: Any  # the group of all commands
    command: Any
    path: list[str] = field(default_factory=list)  # the names of the command
    values: dict[str, list[str]] = field(default_factory=dict)  # of options, by parameter
    waiting: Any = None  # the option whose value comes next
    positionals: int = 0
    only_positionals: bool = False  # after --

    @property
    def project(self) -> str | None:
        """The project that the command reads; None for all."""
        given = self.values.get("project")
        defaults = [p.default for p in self.command.params if p.name == "project"]
        project = given[-1] if given else next(iter(defaults), DEFAULT_PROJECT)
        return None if project == ALL_PROJECTS else str(project)


def answer(main: Any, shell: str, arguments: Sequence[str]) -> str:
    """What to print for a shell that completes. `main` is the group of all commands."""
    line = arguments[0] if shell == "bash" and arguments else ""
    words = split_line(line)[1:] if shell == "bash" else list(arguments)
    *before, word = words or [""]
    found = candidates(main, before, word)
    skipped = _length_before_break(line, word) if shell == "bash" else 0
    # A name with a control character can't be typed at a prompt.
    fitting = [name for name in found if name.text.isprintable()]
    return "".join(f"{name.text[skipped:]}\t{safe(name.about)}\n" for name in fitting)


def split_line(line: str) -> list[str]:
    """The words of a command line that is being typed; the last is the one at the cursor."""
    lexer = shlex.shlex(line + _CURSOR, posix=True, punctuation_chars=False)
    lexer.whitespace_split, lexer.commenters = True, ""
    words: list[str] = []
    try:
        words.extend(iter(lexer.get_token, None))
    except ValueError:  # a quote is open
        words.append(lexer.token)
    return [word.replace(_CURSOR, "") for word in words]


def _length_before_break(line: str, word: str) -> int:
    """How much of the word bash has cut off: it takes `:` and `=` for the start of a new word."""
    begun = line.rpartition(" ")[2]
    if begun[:1] in ("'", '"'):
        return 0
    breaks = [mark for mark in ":=" if mark in os.environ.get("COMP_WORDBREAKS", ":=")]
    return max((word.rfind(mark) + 1 for mark in breaks), default=0)


def candidates(main: Any, before: Sequence[str], word: str) -> list[Name]:
    """The words that begin with `word` and fit after those before it."""
    typed = _read_words(main, before)
    if typed is None:
        return []
    if typed.waiting is not None:
        return _beginning(word, _values_of(typed, typed.waiting, word))
    if word.startswith("-") and not typed.only_positionals:
        return _options(typed, word)
    if hasattr(typed.command, "commands"):
        return _beginning(word, [Name(*pair) for pair in _commands(typed.command)])
    argument = _argument(typed)
    return _beginning(word, _values_of(typed, argument, word)) if argument is not None else []


def _options(typed: Typed, word: str) -> list[Name]:
    """Options, or after `--option=` its values."""
    name, equals, value = word.partition("=")
    if not equals:
        return _beginning(word, _option_names(typed))
    option = _option(typed.command, name)
    fitting = _beginning(value, _values_of(typed, option, value) if option is not None else [])
    return [Name(f"{name}={one.text}", one.about) if one.text else one for one in fitting]


def _argument(typed: Typed) -> Any:
    """The argument at the cursor; None when the command takes no more."""
    arguments = [p for p in typed.command.params if p.param_type_name == "argument"]
    if typed.positionals < len(arguments):
        return arguments[typed.positionals]
    return arguments[-1] if arguments and arguments[-1].nargs != 1 else None


def _read_words(main: Any, words: Sequence[str]) -> Typed | None:
    """None when they name a command that does not exist."""
    typed = Typed(main, main)
    for word in words:
        if typed.waiting is not None:
            typed.values.setdefault(typed.waiting.name, []).append(word)
            typed.waiting = None
        elif word == "--" and not typed.only_positionals:
            typed.only_positionals = True
        elif word.startswith("-") and word != "-" and not typed.only_positionals:
            _read_option(typed, word)
        elif hasattr(typed.command, "commands"):
            if word not in typed.command.commands:
                return None
            typed.command = typed.command.commands[word]
            typed.path.append(word)
        else:
            typed.positionals += 1
            typed.values.setdefault("", []).append(word)
    return typed


def _read_option(typed: Typed, word: str) -> None:
    name, equals, value = word.partition("=")
    option = _option(typed.command, name)
    if option is None:
        return
    if option.is_flag:
        typed.values.setdefault(option.name, []).append("")
    elif equals:
        typed.values.setdefault(option.name, []).append(value)
    else:
        typed.waiting = option


def _option(command: Any, name: str) -> Any:
    return next((p for p in command.params if name in p.opts or name in p.secondary_opts), None)


def _option_names(typed: Typed) -> Iterator[Name]:
    for option in typed.command.params:
        if option.param_type_name != "option" or option.hidden:
            continue
        if option.multiple or option.name not in typed.values:
            longest = max(option.opts, key=len)
            yield Name(longest, " ".join((option.help or "").split()))
    yield Name("--help", "Show this message and exit.")


def _commands(group: Any) -> Iterator[tuple[str, str]]:
    for name, command in visible_commands(group):
        yield name, summary_of(command)


def _beginning(word: str, names: Sequence[Name] | Iterator[Name]) -> list[Name]:
    """Those that begin with the word, and the marks for local files."""
    return [name for name in names if name.text.startswith(word) or name in (_FILES, _FOLDERS)]


def _values_of(typed: Typed, parameter: Any, word: str) -> list[Name]:
    """What a parameter takes, by the words in its metavar: DATASET, PROJECT|all, hybrid|vector."""
    found: list[Name] = []
    for part in kinds_of(parameter.metavar or ""):
        if part.islower():
            found.append(Name(part))
        elif values := _VALUES.get(part):
            found += values(typed, StoredNames(load_settings()), word)
    return found


def kinds_of(metavar: str) -> list[str]:
    """The kinds of values that a metavar names: `[DATASET:]PATH[:START-END]` names PATH."""
    return _AROUND_PATH.sub("", metavar).strip("[].").split("|")


def takes(kind: str) -> bool:
    """Whether there are values for a kind of metavar."""
    return kind.islower() or kind in _VALUES


def _jobs(typed: Typed, stored: StoredNames, word: str) -> list[Name]:
    return stored.jobs(word, _JOB_STATES.get(" ".join(typed.path), ()))


def _paths(typed: Typed, stored: StoredNames, word: str) -> list[Name]:
    """Stored paths; after `DATASET:` those of that dataset."""
    dataset, colon, path = word.partition(":")
    if colon and dataset in {name.text for name in stored.datasets(typed.project)}:
        named = stored.paths(typed.project, [dataset], path)
        return [Name(f"{dataset}:{name.text}", name.about) for name in named]
    return stored.paths(typed.project, typed.values.get("dataset", ()), word.removeprefix("./"))


def _datasets(typed: Typed, stored: StoredNames, _word: str) -> list[Name]:
    if typed.path == ["schedule", "remove"]:
        return stored.scheduled(typed.project or DEFAULT_PROJECT)
    project = None if "all_" in typed.values else typed.project
    used = typed.values.get("", ())
    return [name for name in stored.datasets(project) if name.text not in used]


def _help_topics(typed: Typed, _stored: StoredNames, _word: str) -> list[Name]:
    from ccingest.help.topics import TOPICS

    words, command = typed.values.get("", []), typed.main
    for word in words:
        command = getattr(command, "commands", {}).get(word)
    topics = [] if words else [Name(name, topic.title) for name, topic in TOPICS.items()]
    commands = _commands(command) if hasattr(command, "commands") else ()
    return [*(Name(*pair) for pair in commands), *topics]


def _clients(_typed: Typed, _stored: StoredNames, _word: str) -> list[Name]:
    from ccingest.server.mcp.install import TARGETS

    return [Name(name) for name in TARGETS]


def _statuses(_typed: Typed, _stored: StoredNames, _word: str) -> list[Name]:
    return [Name(text) for text in "pending in_progress completed failed cancelled".split()]


# What a metavar stands for -> the values of it.
_VALUES: Mapping[str, Callable[[Typed, StoredNames, str], list[Name]]] = {
    "DATASET": _datasets,
    "PROJECT": lambda _typed, stored, _word: stored.projects(),
    "JOB": _jobs,
    "LANGUAGE": lambda _typed, stored, _word: stored.languages(),
    "ORG/REPO": lambda typed, stored, _word: stored.repositories(typed.project),
    "STATUS": _statuses,
    "CLIENT": _clients,
    "KEY": lambda *_: [Name(key) for key in CONFIG_KEYS],
    "PATH": _paths,
    "TOPIC": _help_topics,
    "REPO": lambda *_: [_FOLDERS],
    "WHAT": lambda *_: [_FOLDERS],
    "FOLDER": lambda *_: [_FOLDERS],
    "MODEL": lambda *_: [_FOLDERS],
    "LIST": lambda *_: [_FILES],
    "FILE": lambda *_: [_FILES],
}
