"""What the first and the last lines of a file say of its language: modelines, and how it begins."""

from __future__ import annotations

import re

_VIM = re.compile(
    r"(?:^|\s)(?:vim?|ex)(?:[<=>]?\d+)?:\s*(?:set?\s)?[^\n]*?\b(?:ft|filetype|syntax)\s*=\s*([\w+#-]+)"
)
_EMACS = re.compile(
    r"-\*-[ \t]*(?:(?:[^\n]*?[;\s])?mode:[ \t]*([\w+#-]+)[^\n]*?|([\w+#-]+)(?:[ \t]*;[^\n]*?)?)[ \t]*-\*-"
)
_EMACS_AT_END = re.compile(r"Local Variables:[^\n]*\n(?:[^\n]*\n){0,6}?[^\n]*\bmode:\s*([\w+#-]+)")
_MODELINES = 5  # lines at the top and at the end, as in vim
_FAR = 1000  # characters from the end, where Emacs may look


def modeline(text: str) -> str:
    """The language that a modeline of vim or Emacs names, as it stands there; empty for none."""
    top, end = text[:_FAR], text[-_FAR:]
    first = "\n".join(top.split("\n")[:_MODELINES])
    if "-*-" in first and (found := _EMACS.search(first)):
        return str(found[1] or found[2])
    last = "\n".join(end.rstrip().split("\n")[-_MODELINES:])
    if _may_name(first + last) and (found := _VIM.search(first) or _VIM.search(last)):
        return str(found[1])
    found = _EMACS_AT_END.search(end) if "Local Variables:" in end else None
    return str(found[1]) if found else ""


def _may_name(lines: str) -> bool:
    """Whether there may be a modeline of vim, which takes longer to look for."""
    return "=" in lines and ("ft" in lines or "filetype" in lines or "syntax" in lines)


# How a file begins, whatever its name is.
_BEGINNINGS = tuple(
    (re.compile(sign, re.IGNORECASE), language)
    for sign, language in (
        (r"<\?xml\b|<!DOCTYPE\s+(?!html\b)\w", "xml"),
        (r"<\?php\b", "php"),
        (r"(?:<!--.{0,500}?-->\s*)?<(?:!DOCTYPE\s+html|html)\b", "html"),
        (r"<(?!html\b)[a-z][\w:.-]{0,60}\s[^<>]{0,300}?\bxmlns(?::\w+)?\s*=", "xml"),
        (r"%YAML\b", "yaml"),
        (r"\{\s*\"[^\"\n]{1,100}\"\s*:", "json"),
        (r"-----BEGIN [A-Z ]{1,40}-----", "pem"),
        (r"%!PS\b", "postscript"),
        (r"\\input texinfo\b", "texinfo"),
        (r"\\documentclass\b", "latex"),
        (r"diff -{2}git |-{3} [^\n]+\n\+{3} ", "diff"),
        (r"#(?:compdef|autoload)\b", "bash"),  # how zsh finds a function
        (r"#%Module", "tcl"),
        (r"\.TH [A-Z\"]|\.Dd [A-Z$]", "roff"),
    )
)
_BEGINNING = 1000  # characters
# The headers of C++ libraries may have no ending: `Eigen/Core`.
_COMMENTS = re.compile(r"/\*.*?(?:\*/|\Z)|//[^\n]*", re.DOTALL)
_GUARD = re.compile(
    r"\s*(?:#[ \t]*include[ \t]*[\"<][^\"<>\n]{1,200}[\">]\s+){0,9}#[ \t]*(?:pragma[ \t]+once\b"
    r"|(?:ifndef[ \t]+|if[ \t]+![ \t]{0,9}defined[ \t]{0,9}\(?[ \t]{0,9})(\w+)\b[^\n]{0,200}\s{1,200}#[ \t]*define[ \t]+\1\b)"
)
# A whole element, as in `<settings> ... </settings>`. Those of HTML are part of a page.
_ROOT = re.compile(r"(?:<!--.{0,900}?-->\s*){0,3}<([A-Za-z][\w:.-]{0,99})[\s>]", re.DOTALL)
_OF_PAGES = frozenset(
    "a article b body button code details div em footer form h1 h2 h3 h4 header html i img li main nav ol p pre script section span strong style summary table template td title tr ul".split()
)
_LONGER_BEGINNING = 5000


# A script that another one reads, as those of pyenv: what opens and closes a block, at the start of lines.
_SHELL_OPENS = re.compile(
    r"^(?:if[ \t]+[^\n]{1,200};[ \t]*then|for[ \t]+\w+[ \t]+in[ \t][^\n]{1,200}|while[ \t][^\n]{1,200};[ \t]*do|case[ \t][^\n]{1,200}[ \t]in)[ \t\r]*$",
    re.MULTILINE,
)
_SHELL_CLOSES = re.compile(r"^(?:fi|done|esac)[ \t\r]*$", re.MULTILINE)
# A document of YAML; a text with such a head has prose after it.
_YAML = re.compile(
    r"---[ \t\r]*\n(?:[ \t]*(?:#[^\n]*)?\n){0,20}[\w.\"'-]{1,100}:(?:[ \t\r]|$)", re.MULTILINE
)
_YAML_END = re.compile(r"\n---[ \t\r]*\n\s{0,99}(?![\w.\"'-]{1,100}:(?:[ \t\r\n])|-[ \t]|#|\Z)")


def by_body(name: str, text: str) -> str:
    """The language of a file whose name and first line say nothing, by its form; empty if that is unclear."""
    start = text[:_LONGER_BEGINNING]
    if _YAML.match(start) and not _YAML_END.search(start):
        return "yaml"
    # Texts that are called so show how something is built.
    if not name.isupper() and _SHELL_CLOSES.search(start) and _SHELL_OPENS.search(start):
        return "bash"
    return ""


def by_beginning(text: str) -> str:
    """The language that a file begins as, for one whose name says nothing; empty if that is unclear."""
    start = text[:_BEGINNING].lstrip()
    return next((language for sign, language in _BEGINNINGS if sign.match(start)), _by_root(text))


def _by_root(text: str) -> str:
    root = _ROOT.match(text[:_LONGER_BEGINNING].lstrip())
    if not root or not text.endswith(f"</{root[1]}>", 0, len(text.rstrip())):
        return ""
    return "html" if root[1].lower() in _OF_PAGES else "xml"


def is_header(text: str) -> bool:
    """Whether a file begins as the headers of C and C++ do."""
    start = text[:_LONGER_BEGINNING]
    return "#" in start and _GUARD.match(_COMMENTS.sub("", start)) is not None
