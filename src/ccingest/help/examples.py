"""The examples in the help of each command. tests/cli/test_help.py runs every one of them.

A new command gets its row here. Examples stand in a repository of the user's, whose dataset is
`shop`; the test puts a repository and a job of its own for `org/shop` and `3f2a9c1e`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Example(NamedTuple):
    """A command line, and what it is good for."""

    what: str
    line: str


# command -> pairs of lines: what it is good for, and the command line
_EXAMPLES: Mapping[str, str] = {
    "": """
        Ask the repository in this folder; it is added if it is not yet
        ccingest query --here where is the tax of an order computed
        Make a dataset of a repository on GitHub
        ccingest add org/shop
    """,
    "add": """
        The repository in this folder; only what has changed is read again
        ccingest add .
        Repositories on GitHub, by a worker
        ccingest add org/shop --detach
        Documentation only, under a name of your own
        ccingest add . --dataset shop-docs --include '*.md'
    """,
    "github": """
        Make a dataset of a repository on GitHub
        ccingest github add org/shop
    """,
    "github add": """
        The repository in this folder; only what has changed is read again
        ccingest github add .
        A branch of a repository on GitHub, under a name of your own
        ccingest github add org/shop --branch main --dataset shop-main
        Documentation only
        ccingest github add . --dataset shop-docs --include '*.md'
        A list of repositories, one a line; a worker makes the datasets
        echo org/shop | ccingest github add --from-file - --detach
    """,
    "github add-org": """
        See which repositories it would add
        ccingest github add-org org --match 'sh*' --dry-run
        Queue them for a worker
        ccingest github add-org org --match 'sh*'
    """,
    "folder": """
        A folder, in git or not, as it is now
        ccingest folder add ./src
    """,
    "folder add": """
        A folder; again, only what has changed is read
        ccingest folder add ./src
        Two of them, one under a name of its own
        ccingest folder add ./src mine=.
        With hidden files, but without pictures
        ccingest folder add . --hidden --exclude '*.png'
    """,
    "web": """
        A documentation site, from its first page on
        ccingest web add https://docs.example.org/guide/
    """,
    "web add": """
        A site; again, only pages that have changed are read
        ccingest web add https://docs.example.org/guide/
        What its sitemap lists, without the release notes
        ccingest web add docs.example.org --mode sitemap --exclude 'releases/**'
        One page of a server on this machine
        ccingest web add http://localhost:8000/notes.html --mode page --allow-private
    """,
    "folder watch": """
        Keep a folder's dataset up to date while you write
        ccingest folder watch ./src
    """,
    "sync": """
        Bring all datasets of the project up to date
        ccingest sync
        Only this one, by a worker
        ccingest sync shop --detach
    """,
    "query": """
        Ask in plain words
        ccingest query where is the tax of an order computed
        Only the repository of this folder, as it is now
        ccingest query --here "tax of an order"
        Say where to look
        ccingest query "tax" --language python --path 'src/*' --path '!*_test.py'
        The five best files, for another program
        ccingest query "tax of an order" --format paths | xargs -n 1 basename
        Some fields of the hits, as JSON
        ccingest query "tax of an order" --fields path,startLine,score
        Fail when nothing answers, as a step of CI
        ccingest query "tax of an order" --min-score 0.1 --json
        Paste it into a prompt, in 2,000 tokens
        ccingest query "tax of an order" -k 20 --format markdown --max-tokens 2000
        Many questions, one a line
        printf 'tax\\nrefund\\n' | ccingest query - -k 1 --format paths
    """,
    "similar": """
        Code like that at line 4 of a stored file
        ccingest similar src/tax.py:4
    """,
    "show": """
        Some lines of a stored file; the end of its path is enough
        ccingest show tax.py:1-4
        The whole file, of this dataset
        ccingest show src/tax.py --dataset shop
    """,
    "outline": """
        What a file defines, and where
        ccingest outline src/tax.py
    """,
    "open": """
        The place of a hit, in your editor
        ccingest open src/tax.py:3
        A file of this dataset
        ccingest open shop:README.md
    """,
    "watch": """
        Follow a job until it ends; the first characters of its id will do
        ccingest watch 3f2a9c1e
    """,
    "worker": """
        Run what is queued, and exit
        ccingest worker --drain
        Two jobs at a time
        ccingest worker --drain --concurrency 2
    """,
    "serve": """
        For this machine, at a free port, with two workers
        ccingest serve --port 0 --workers 2
    """,
    "webhook": """
        Ask a server whether it has the same secret
        ccingest webhook test org/shop --ping
    """,
    "webhook test": """
        Ask a server whether it has the same secret
        ccingest webhook test org/shop --ping
        What GitHub sends for a push to a branch
        ccingest webhook test org/shop --branch main
    """,
    "history": """
        The last five jobs of all projects
        ccingest history --project all -n 5
        What has failed
        ccingest history --status failed
    """,
    "status": """
        One job; the first characters of its id will do
        ccingest status 3f2a9c1e
    """,
    "logs": """
        What a job did
        ccingest logs 3f2a9c1e
    """,
    "cancel": """
        Stop a job; its dataset stays as it was
        ccingest cancel 3f2a9c1e
    """,
    "retry": """
        Queue a failed or cancelled job again
        ccingest retry 3f2a9c1e
    """,
    "datasets": """
        The datasets of all projects
        ccingest datasets --project all
        Their names, for a script
        ccingest datasets --jq '.datasets[].dataset'
    """,
    "files": """
        What a dataset holds
        ccingest files shop
        What was left out, and why
        ccingest files shop --skipped
    """,
    "push": """
        One file that a colleague, or a step of CI, takes over without embedding
        ccingest push shop shop.ccbundle
    """,
    "pull": """
        Take it over; your clone is what is read from now on
        ccingest pull shop.ccbundle --source .
        Under another name, beside your own
        ccingest pull shop.ccbundle --source . --dataset shop-ci
    """,
    "delete": """
        One dataset, without being asked
        ccingest delete shop --yes
        All datasets of a repository
        ccingest delete --repo org/shop --yes
    """,
    "schedule": """
        Bring a dataset up to date every six hours, while a worker runs
        ccingest schedule add org/shop --every 6h
    """,
    "schedule add": """
        Every six hours
        ccingest schedule add org/shop --every 6h
        At three o'clock every night
        ccingest schedule add org/shop --cron '0 3 * * *'
    """,
    "schedule list": """
        What is due when
        ccingest schedule list
    """,
    "schedule remove": """
        Its dataset stays
        ccingest schedule remove org-shop
    """,
    "config": """
        All settings, and where each is from
        ccingest config list
    """,
    "config list": """
        All settings, and where each is from
        ccingest config list
    """,
    "config get": """
        For how many days ended jobs are kept
        ccingest config get history_days
    """,
    "config set": """
        Keep ended jobs for a month
        ccingest config set history_days 30
        Colours for code on a terminal
        ccingest config set theme monokai
    """,
    "config path": """
        Where the file is
        ccingest config path
    """,
    "cleanup": """
        Forget the jobs that ended over a month ago
        ccingest cleanup --days 30
    """,
    "migrate": """
        Move jobs and the catalogue to a server
        ccingest migrate --to postgresql://ccingest@db.example.com/ccingest
    """,
    "stats": """
        How long jobs take, phase by phase
        ccingest stats
    """,
    "doctor": """
        Is everything in place?
        ccingest doctor
        Read all the data, too
        ccingest doctor --deep
    """,
    "mcp": """
        What an agent starts, to search and read the datasets
        ccingest mcp
        Only searching and reading
        ccingest mcp --read-only
    """,
    "mcp install": """
        Set up Claude Code for all folders
        ccingest mcp install claude-code
        See what Cursor needs in its file of this folder
        ccingest mcp install cursor --project-file --print
        A part of AGENTS.md for an agent that uses the shell
        ccingest mcp install agents-md
    """,
    "mcp uninstall": """
        Take it back
        ccingest mcp uninstall claude-code
    """,
    "completion": """
        In this shell
        source <(ccingest completion bash)
        For good: bash, zsh and fish
        ccingest completion bash >> ~/.bashrc
        ccingest completion zsh > ~/.zfunc/_ccingest
        ccingest completion fish > ~/.config/fish/completions/ccingest.fish
    """,
    "help": """
        A command's options and examples
        ccingest help github add
        The variables that ccingest reads
        ccingest help environment
    """,
}


def examples_of(path: str) -> list[Example]:
    """The examples of a command, by the words that call it; none for an unknown one."""
    lines = [line.strip() for line in _EXAMPLES.get(path, "").strip().splitlines()]
    return [Example(*pair) for pair in zip(lines[::2], lines[1::2], strict=True)]


def paths_with_examples() -> set[str]:
    """The commands that have examples, by the words that call them."""
    return set(_EXAMPLES)
