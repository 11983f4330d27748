"""What the user writes to name a repository -> RepoRef. Pure but for a look at local folders.

| form | read as |
| --- | --- |
| `org/repo` | on `gh_host`: GitHub unless GH_HOST says otherwise |
| `HOST/org/repo`, `https://HOST/org/repo(.git)(/tree/BRANCH)` | that host |
| `git@HOST:org/repo.git`, `ssh://git@HOST/org/repo.git` | the same repository over https |
| `file:///path`, `/path`, `./path`, `../path`, `~/path`, `.` | a local git repository |

SSH forms are cloned over https: a token serves there, and no key or agent is needed.
Credentials inside a URL are dropped; they are neither used, stored nor shown.
"""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import SplitResult, quote, unquote, urlsplit

from ccingest.errors import InvalidReferenceError
from ccingest.records import RepoRef
from ccingest.settings import PUBLIC_HOST

_OWNER = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,98}[A-Za-z0-9_])?")
_NAME = re.compile(r"[A-Za-z0-9._-]{1,100}")
_HOST = re.compile(r"(?=.{1,255}$)(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)*[a-z0-9-]+(?::\d{1,5})?")
_SCP = re.compile(r"(?:[\w.-]+@)(?P<host>[^/:@\s]+):(?P<path>[^:\s].*)")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
# Git's own rules for a branch, as far as they matter here (git help check-ref-format).
_BAD_BRANCH = re.compile(r"[\x00-\x20\x7f~^:?*\[\\]|\.\.|@\{|//|^[/-]|/$|\.lock$|\.$")

_FORMS = "Give org/repo, a repository's URL, or a path to a local one (./folder, /folder)."


def parse_reference(text: str, *, gh_host: str = PUBLIC_HOST) -> RepoRef:
    """Raises InvalidReferenceError for anything that is none of the forms above."""
    stripped = text.strip()
    if not stripped or not stripped.isprintable():
        raise _invalid(text, "it is empty or holds control characters")
    if stripped.startswith("file://"):
        return _local(text, _file_path(text, stripped))
    if stripped in (".", "..", "~") or stripped.startswith(("/", "./", "../", "~/")):
        return _local(text, Path(stripped))
    if _SCHEME.match(stripped):
        return _from_url(text, stripped)
    scp = _SCP.fullmatch(stripped)
    if scp:
        return _remote(text, "https", scp["host"], scp["path"])
    head, _, rest = stripped.partition("/")
    if "/" in rest.rstrip("/") and ("." in head or ":" in head or head == "localhost"):
        return _remote(text, "https", head, rest)
    return _remote(text, "https", gh_host, stripped)


def check_branch(branch: str) -> str:
    """The branch or tag name as given. Raises InvalidReferenceError when git allows no such."""
    if not branch or _BAD_BRANCH.search(branch) or branch == "@":
        raise InvalidReferenceError(f"{branch!r} is no name that a branch can have.")
    return branch


def check_sha(sha: str) -> str:
    """The commit id in lower case. Raises InvalidReferenceError unless it is 40 hex digits."""
    if not re.fullmatch(r"[0-9a-fA-F]{40}", sha):
        raise InvalidReferenceError(f"{sha!r} is no commit id; give all of its 40 hex digits.")
    return sha.lower()


def _from_url(text: str, url: str) -> RepoRef:
    try:
        parts = urlsplit(url)
        host = _host_of(parts)
    except ValueError as error:  # a port that is no number, a broken IPv6 address
        raise _invalid(text, "its host is malformed") from error
    scheme = parts.scheme.lower()
    if scheme not in ("http", "https", "ssh", "git", "git+ssh"):
        raise _invalid(text, f"{scheme}:// is not supported")
    if scheme in ("ssh", "git", "git+ssh"):
        host = host.partition(":")[0]  # the port of another protocol
        scheme = "https"
    return _remote(text, scheme, host, parts.path)


def _host_of(parts: SplitResult) -> str:
    host = parts.hostname or ""
    return f"{host}:{parts.port}" if parts.port else host


def _remote(text: str, scheme: str, host: str, path: str) -> RepoRef:
    host = host.lower().removeprefix("www.")
    if not _HOST.fullmatch(host):
        raise _invalid(text, "it names no host")
    segments = unquote(path).strip("/").split("/")
    if len(segments) < 2:
        raise _invalid(text, "it names no owner and repository")
    owner, name, *rest = segments
    name = name.removesuffix(".git")
    if not _OWNER.fullmatch(owner) or not _NAME.fullmatch(name) or name in (".", ".."):
        raise _invalid(text, "it names no owner and repository")
    branch = _branch_of(text, rest)
    return RepoRef(host, owner, name, f"{scheme}://{host}/{owner}/{name}.git", branch)


def _branch_of(text: str, rest: list[str]) -> str | None:
    if not rest:
        return None
    if rest[0] != "tree" or len(rest) < 2:
        raise _invalid(text, f"/{rest[0]} is not a part of a repository's address")
    try:
        return check_branch("/".join(rest[1:]))
    except InvalidReferenceError as error:
        raise _invalid(text, "it names no branch") from error


def _file_path(text: str, url: str) -> Path:
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise _invalid(text, "it is malformed") from error
    if parts.netloc not in ("", "localhost"):
        raise _invalid(text, "a file:// URL names no host: write file:///path")
    path = unquote(parts.path)
    if "\x00" in path or not path.startswith("/"):
        raise _invalid(text, "it names no path")
    return Path(path)


def _local(text: str, path: Path) -> RepoRef:
    try:
        absolute = path.expanduser().resolve()
        is_folder = absolute.is_dir()
    except (OSError, RuntimeError, ValueError) as error:  # too long, a symlink loop, no such user
        raise _invalid(text, "the path can't be read") from error
    if not is_folder:
        raise _invalid(text, "there is no such folder")
    is_repository = (absolute / ".git").exists() or (absolute / "objects").is_dir()
    if not is_repository:
        raise _invalid(text, "the folder is no git repository; `git init` and commit makes it one")
    name = absolute.name.removesuffix(".git")
    if name == "":  # the folder .git itself
        name = absolute.parent.name
    if not name:
        raise _invalid(text, "the folder has no name; give one with a bare repository's path")
    return RepoRef("", "", name, "file://" + quote(str(absolute), safe="/"))


def _invalid(text: str, why: str) -> InvalidReferenceError:
    shown = re.sub(r"//[^/@\s]*@", "//", text)  # credentials
    shown = ascii(shown if len(shown) <= 120 else shown[:117] + "...")
    return InvalidReferenceError(f"{shown} names no repository: {why}. {_FORMS}")
