"""Parsing references: the names of repositories that the user writes. Reads only local folders.

| form | read as |
| --- | --- |
| `org/repo` | on `gh_host`: GitHub unless GH_HOST says otherwise |
| `HOST/org/repo`, `https://HOST/org/repo(.git)(/tree/BRANCH)` | that host |
| `git@HOST:org/repo.git`, `ssh://git@HOST/org/repo.git` | the same repository over https |
| `file:///path`, `/path`, `./path`, `../path`, `~/path`, `.` | a local git repository |

An organisation or user is `org`, `HOST/org` or `https://HOST/org`.

`org/repo` is never a folder, so a local one needs its `./`. A local clone has the name and the host of
its `origin`, where that is on a host. SSH forms are cloned over https, where a token works and no key
or agent is needed. Credentials in a URL are dropped: they are not used, stored or shown. `/blob/...`
and `/commit/...` name a file or a commit and no repository, so they are refused.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from urllib.parse import SplitResult, quote, unquote, unquote_to_bytes, urlsplit

from ccingest.errors import InvalidReferenceError
from ccingest.hosts import PUBLIC_HOST, is_host
from ccingest.models import Reference
from ccingest.secrets import hide_secrets
from ccingest.values import dataclass
from ccingest.visible import BYTES_NO_TEXT, storable

_OWNER = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,98}[A-Za-z0-9_])?")
_NAME = re.compile(r"[A-Za-z0-9._-]{1,100}")
_DEFAULT_PORTS = {"http": 80, "https": 443}
_SCP = re.compile(r"(?:[\w.-]+@)(?P<host>[^/:@\s]+):(?P<path>[^:\s].*)")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
# Git's own rules for a branch, as far as they matter here (git help check-ref-format).
_BAD_BRANCH = re.compile(r"[\x00-\x20\x7f~^:?*\[\\]|\.\.|@\{|//|^[/-]|/$|\.lock$|\.$")

_LONE = re.compile(r"[\ud800-\udc7f\udd00-\udfff]")  # stands for no byte
_ESCAPE = re.compile(r"\\x[89a-f][0-9a-f]")

_FORMS = "Give org/repo, a repository's URL, or a path to a local one (./folder, /folder)."

_MOST_SHOWN = 20
# Characters of a reference: twice what Linux can open. The system looks up each folder of a path.
_LONGEST = 8192


@dataclass(frozen=True, slots=True)
class OwnerRef:
    """An organisation or a user of a host."""

    scheme: str  # "https", or "http"
    host: str
    name: str


def parse_reference(text: str, *, gh_host: str = PUBLIC_HOST) -> Reference:
    """Parse one of the forms above. Raises InvalidReferenceError for any other text."""
    stripped = text.strip()
    if why := why_no_address(stripped):
        raise _invalid(text, why)
    if names_a_path(stripped):
        return _local(text, path_of(stripped))
    if _SCHEME.match(stripped):
        return _from_url(text, stripped)
    scp = _SCP.fullmatch(stripped)
    if scp:
        return _remote(text, "https", scp["host"], scp["path"])
    head, _, rest = stripped.partition("/")
    if "/" in rest.rstrip("/") and ("." in head or ":" in head or head == "localhost"):
        return _remote(text, "https", head, rest)
    return _remote(text, "https", gh_host, stripped)


def why_no_address(text: str) -> str | None:
    """What keeps a text from being an address of any kind."""
    if not text or not BYTES_NO_TEXT.sub("", text).isprintable():
        return "it is empty or holds control characters"
    if len(text) > _LONGEST:
        return f"it has {len(text):,} characters, and an address at most {_LONGEST:,}"
    return None


def parse_each(
    placed: Sequence[tuple[str, str]], parsers: Iterable[Callable[[str], Reference]]
) -> list[Reference]:
    """Parse (place, text) pairs, such as ("repos.txt line 3", "org/repo"), each with its parser.

    Raises one InvalidReferenceError that names all wrong ones, each with its place.
    """
    parsed, wrong, is_form_wrong = [], [], False
    for (place, text), parse in zip(placed, parsers, strict=True):
        try:
            parsed.append(parse(text))
        except InvalidReferenceError as error:
            is_form_wrong |= error.message.endswith(_FORMS)
            why = error.message.removesuffix(_FORMS).rstrip(". ")
            wrong.append(f"{place}: {why}" if place else why)
    if wrong:
        more = len(wrong) - _MOST_SHOWN
        shown = [*wrong[:_MOST_SHOWN], *([f"and {more} more"] if more > 0 else [])]
        forms = f" {_FORMS}" if is_form_wrong else ""
        raise InvalidReferenceError(f"{'; '.join(shown)}.{forms}")
    return parsed


def names_a_path(text: str) -> bool:
    """Whether the text can only be a path or a file:// URL: a local one needs its `./`."""
    return text.startswith(("file://", "/", "./", "../", "~/")) or text in (".", "..", "~")


def path_of(text: str) -> Path:
    """The path that `names_a_path` found. Raises InvalidReferenceError for a bad URL."""
    return _file_path(text, text) if text.startswith("file://") else Path(text)


def parse_owner(text: str, *, gh_host: str = PUBLIC_HOST) -> OwnerRef:
    """Parse `org`, `HOST/org` or `https://HOST/org`. Raises InvalidReferenceError for any other text."""
    stripped = text.strip()
    scheme, host, path = "https", gh_host, stripped
    if _SCHEME.match(stripped):
        try:
            parts = urlsplit(stripped)
            scheme, host, path = parts.scheme.lower(), _host_of(parts), parts.path
        except ValueError:
            raise _no_owner(text) from None
    elif "/" in stripped.rstrip("/"):
        host, _, path = stripped.partition("/")
        if not ("." in host or ":" in host or host == "localhost"):
            raise _no_owner(text)
    name = path.strip("/").removeprefix("orgs/")
    host = host.lower()
    is_valid = is_host(host) and _OWNER.fullmatch(name) and scheme in ("http", "https")
    if not is_valid:
        raise _no_owner(text)
    return OwnerRef(scheme, PUBLIC_HOST if host == f"www.{PUBLIC_HOST}" else host, name)


def check_branch(branch: str) -> str:
    r"""The branch or tag, or the full name of a ref, as text that can be stored.

    Bytes that are no UTF-8 become `\xe9`, and may be given so: git allows no backslash. Raises
    InvalidReferenceError when git allows no such name, and for one that holds a token.
    """
    data = branch.encode("utf8", "backslashreplace" if _LONE.search(branch) else "surrogateescape")
    text = data.decode("utf8", "backslashreplace")
    without_escapes = _ESCAPE.sub("x", text)
    if not text or _BAD_BRANCH.search(without_escapes) or text == "@":
        raise InvalidReferenceError(f"{text!r} is no name that a branch can have.")
    # An @ alone is no sign: people name branches after addresses.
    if hide_secrets(text.replace("@", "-")) != text.replace("@", "-"):
        raise InvalidReferenceError(f"{text!r} seems to hold a password or a token.")
    return text


def check_revision(sha: str) -> str:
    """The commit id in lower case. Raises InvalidReferenceError unless it is 40 hex digits."""
    if not re.fullmatch(r"[0-9a-fA-F]{40}", sha):
        raise InvalidReferenceError(f"{sha!r} is no commit id; give all of its 40 hex digits.")
    return sha.lower()


def _from_url(text: str, url: str) -> Reference:
    try:
        parts = urlsplit(url)
        host = _host_of(parts)
    except ValueError:  # a port that is no number, or a bad IPv6 address
        # Not chained: the text may hold a password.
        raise _invalid(text, "its host is malformed") from None
    scheme = parts.scheme.lower()
    if scheme not in ("http", "https", "ssh", "git", "git+ssh"):
        raise _invalid(text, f"{scheme}:// is not supported")
    if scheme in ("ssh", "git", "git+ssh"):
        host = re.sub(r":\d+$", "", host)  # it is the port of SSH, not of https
        scheme = "https"
    return _remote(text, scheme, host, parts.path)


def _host_of(parts: SplitResult) -> str:
    host = parts.hostname or ""
    if ":" in host:  # an IPv6 address
        host = f"[{host}]"
    is_usual = parts.port in (None, _DEFAULT_PORTS.get(parts.scheme.lower()))
    return host if is_usual else f"{host}:{parts.port}"


def _remote(text: str, scheme: str, host: str, path: str) -> Reference:
    host = host.lower()
    host = PUBLIC_HOST if host == f"www.{PUBLIC_HOST}" else host
    if not is_host(host):
        raise _invalid(text, "it names no host")
    segments = unquote(path).strip("/").split("/")
    if len(segments) < 2:
        raise _invalid(text, "it names no owner and repository")
    owner, name, *rest = segments
    name = name.removesuffix(".git")
    if not _OWNER.fullmatch(owner) or not _NAME.fullmatch(name) or name in (".", ".."):
        raise _invalid(text, "it names no owner and repository")
    branch = _branch_of(text, rest)
    location = f"{scheme}://{host}/{owner}/{name}.git"
    return Reference("github", f"{owner}/{name}", location, host, branch)


def _branch_of(text: str, rest: list[str]) -> str | None:
    if not rest:
        return None
    if rest[0] != "tree" or len(rest) < 2:
        raise _invalid(text, f"/{rest[0]} is not a part of a repository's address")
    try:
        return check_branch("/".join(rest[1:]))
    except InvalidReferenceError:
        raise _invalid(text, "it names no branch") from None


def _file_path(text: str, url: str) -> Path:
    try:
        parts = urlsplit(url)
    except ValueError:
        raise _invalid(text, "it is malformed") from None
    if parts.netloc not in ("", "localhost"):
        raise _invalid(text, "a file:// URL names no host: write file:///path")
    path = os.fsdecode(unquote_to_bytes(os.fsencode(parts.path)))
    if "\x00" in path or not path.startswith("/"):
        raise _invalid(text, "it names no path")
    return Path(path)


def _local(text: str, path: Path) -> Reference:
    try:
        absolute = path.expanduser().resolve()
        is_folder = absolute.is_dir()
        refused = None if _is_repository(absolute) else _why_no_repository(absolute)
    except (
        OSError,
        RuntimeError,
        ValueError,
    ) as error:  # too long, a loop of links, or no permission
        raise _invalid(text, "the path can't be read") from error
    if not is_folder:
        raise _invalid(text, "there is no such folder")
    if refused:
        raise _invalid(text, refused)
    name = absolute.name.removesuffix(".git")
    if name == "":  # the folder .git itself
        name = absolute.parent.name
    if not name:
        raise _invalid(text, "the folder has no name")
    location = "file://" + quote(os.fsencode(absolute), safe="/")
    origin = _origin(absolute)
    if origin:
        return Reference("github", origin.name, location, origin.host)
    return Reference("github", storable(name), location)


def _origin(folder: Path) -> Reference | None:
    """The repository on a host that a clone was made of, if there is one."""
    from ccingest.sources.git import origin_of

    url = origin_of(folder) or ""
    if not (_SCHEME.match(url) or _SCP.fullmatch(url)) or url.startswith("file:"):
        return None
    try:
        return parse_reference(url)
    except InvalidReferenceError:
        return None


def _is_repository(folder: Path) -> bool:
    # In a linked worktree and in a submodule, .git is a file and no folder.
    is_bare = (folder / "HEAD").is_file() and (folder / "objects").is_dir()
    return is_bare or (folder / ".git").exists()


def enclosing_repository(folder: Path) -> Path | None:
    """The git repository that an absolute path is, or is a part of; None when there is none."""
    return next((one for one in (folder, *folder.parents) if _is_repository(one)), None)


def _why_no_repository(folder: Path) -> str:
    top = enclosing_repository(folder)
    if top:
        return f"the folder is a part of the repository {printable(str(top))}, so give that"
    return "the folder is no git repository; `git init` and a commit make it one"


def _no_owner(text: str) -> InvalidReferenceError:
    return InvalidReferenceError(
        f"{printable(text)} names no organisation or user; give its name alone, "
        "or with its host: HOST/NAME."
    )


def _invalid(text: str, why: str) -> InvalidReferenceError:
    return InvalidReferenceError(f"{printable(text)} names no repository: {why}. {_FORMS}")


def printable(text: str) -> str:
    """Without secrets, of which a cut could hide the signs."""
    text = hide_secrets(text)
    return ascii(text if len(text) <= 120 else text[:117] + "...")
