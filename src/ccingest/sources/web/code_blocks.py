"""The code blocks of a page, in the form that becomes a fence with a language in Markdown.

Tables have no blocks in Markdown: one that only lays out code beside its line numbers becomes the code,
and one with code of several lines in a cell becomes its cells, one after the other.
"""

from __future__ import annotations

import re
from itertools import islice
from typing import Any, TypeAlias

from lxml import etree
from lxml import html as lxml_html

from ccingest.sources.web.pruning import DROPPED, drop_marked

Element: TypeAlias = Any  # of lxml, which has no types

_LANGUAGE = re.compile(
    r"(?:(?:language|lang|highlight(?:-source)?|sourcecode|brush)[-:_]\s*|sourcecode\s+)"
    r"([\w+#.-]{1,30})"
)
_NO_LANGUAGE = frozenset(
    "default none text plain plaintext console-output output notranslate source".split()
)
_NAMES = {"python3": "python", "pycon3": "pycon", "ipython3": "python", "ipython": "python",
          "sh": "bash", "shell-session": "console", "js": "javascript", "ts": "typescript",
          "golang": "go", "c++": "cpp", "objective-c": "objc"}  # fmt: skip
_MOST_ABOVE = 64  # elements that are looked at for tables around a block
_BLOCKS = (
    "div",
    "p",
    "ul",
    "ol",
    "dl",
    "pre",
    "table",
    "blockquote",
    *(f"h{n}" for n in range(1, 7)),
)
_PARTS = ("thead", "tbody", "tfoot", "caption", "colgroup", "col")


def prepare_code(part: Element) -> None:
    """Each <pre> becomes plain text in <pre><code class="language-x">, outside of tables."""
    _open_nested(part)
    _mark_gutters(part)
    drop_marked(part)
    known: dict[Element, bool] = {}
    tables: dict[Element, None] = {}
    for pre in list(part.iter("pre")):
        if pre.getparent() is None:
            continue
        table = _code_table(pre, known)
        new = _block(_text(pre), _language(pre, table))
        _replace(pre if table is None else table, new)
        if "\n" in (new[0].text or ""):
            above = islice(new.iterancestors(), _MOST_ABOVE)
            tables.update((one, None) for one in above if one.tag == "table" and one is not part)
    for table in tables:
        _open_table(table)


def _block(text: str, language: str) -> Element:
    new = lxml_html.Element("pre")
    code = etree.SubElement(new, "code")
    if language:
        code.set("class", f"language-{language}")
    code.text = text
    return new


def _text(pre: Element) -> str:
    for line_break in pre.iter("br"):
        line_break.tail = "\n" + (line_break.tail or "")
    for line in pre.iter("div", "p", "li", "tr"):
        line.tail = "\n" + (line.tail or "")
    return "".join(pre.itertext()).strip("\n").rstrip()


def _open_nested(part: Element) -> None:
    """What holds blocks is none itself, as the <pre> that Rouge has around its table."""
    for pre in list(part.iter("pre")):
        for above in islice(pre.iterancestors("pre", "code"), 2):
            if above is not part:
                above.tag = "div"


def _is_gutter(pre: Element) -> bool:
    """Whether it holds the numbers of lines, each one more than that before it."""
    numbers = "\n".join(pre.itertext()).split()
    if not all(number.isdecimal() and len(number) < 9 for number in numbers):
        return False
    first = int(numbers[0]) if numbers else 0
    return [int(number) for number in numbers] == list(range(first, first + len(numbers)))


def _mark_gutters(part: Element) -> None:
    """Those in the first of the two cells of a table's only row."""
    for row in list(part.iter("tr")):
        if len(row) != 2 or row.getprevious() is not None or row.getnext() is not None:
            continue
        pre, code = (next(cell.iter("pre"), None) for cell in row)
        if pre is not None and code is not None and _is_gutter(pre):
            pre.tag = DROPPED


def _code_table(pre: Element, known: dict[Element, bool]) -> Element | None:
    """The table that holds nothing but this code, beside its line numbers."""
    table = next((one for one in islice(pre.iterancestors(), 8) if one.tag == "table"), None)
    if table is None or table.getparent() is None:
        return None
    if table not in known:
        classes = table.get("class") or ""
        is_layout = "highlight" in classes or "rouge" in classes
        is_only = next(islice(table.iter("pre"), 1, None), None) is None
        known[table] = is_only and (is_layout or _is_all(pre, table))
    return table if known[table] else None


def _is_all(pre: Element, table: Element) -> bool:
    own = sum(len(text.strip()) for text in pre.itertext())
    return own == sum(len(text.strip()) for text in table.itertext())


def _open_table(table: Element) -> None:
    """Its cells become blocks; those of a row without blocks stay in a line."""
    groups = [table, *(one for one in table if one.tag in _PARTS)]
    rows = [row for group in groups for row in group if row.tag == "tr"]
    for row in rows:
        is_line = next(row.iter(*_BLOCKS), None) is None
        for cell in row:
            cell.tag = "span" if is_line else "div"
            if is_line and cell.getnext() is not None:
                cell.tail = " | "
        row.tag = "p" if is_line else "div"
    for group in groups:
        group.tag = "div"


def _language(pre: Element, table: Element | None) -> str:
    near = [pre, *pre.iter("code")][:3] + list(islice(pre.iterancestors(), 4))
    if table is not None:
        near += [table, *islice(table.iterancestors(), 4)]
    for element in near:
        for name in ("data-lang", "data-language"):
            if element.get(name):
                return _known(element.get(name) or "")
        classes = (element.get("class") or "").lower()
        if element.tag == "figure" and classes.startswith("highlight "):  # of Hexo
            return _known(classes.split()[-1])
        found = _LANGUAGE.search(classes)
        if found:
            return _known(found[1])
    return ""


def _known(name: str) -> str:
    name = name.lower().strip()
    if name in _NO_LANGUAGE or not re.fullmatch(r"[\w+#.-]{1,30}", name):
        return ""
    return _NAMES.get(name, name)


def _replace(old: Element, new: Element) -> None:
    above = old.getparent()
    if above is None:
        return
    new.tail = old.tail
    above.replace(old, new)
