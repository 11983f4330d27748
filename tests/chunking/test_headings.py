"""The headings of AsciiDoc and Org."""

from __future__ import annotations

import time

import pytest

from ccingest.chunking import chunk_file
from ccingest.chunking.headings import HEADINGS
from ccingest.languages import detect_language
from ccingest.models import SourceFile

ASCIIDOC = """= Harbor guide
:toc:

[[hauling]]
== [[haul]]Hauling ropes ==

[source,sh]
----
== not a heading
# nor this
----

....
== nor this
----
....

=== With `pull()` #fast

```ruby
# a comment
```

== Mooring

|===
| a
|===
"""
UNDERLINED = """zmq_haul(3)
===========

NAME
----
haul - pull a rope

[id=a]
Errors
~~~~~~

A list of words
with two lines
--------------
== no heading
--------------

[source]
--------
== no heading
--------

DESCRIPTION
-----------
"""
ORG = """#+TITLE: Harbor
* Hauling
text
** TODO [#A] Pulling a rope :rope:deck:
** DONE Mooring
#+BEGIN_SRC c
  * no = heading;
,* no heading
#+END_SRC
* TODO
*bold* text
"""


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        ("a.adoc", ASCIIDOC, "Harbor guide/.Hauling ropes/..With `pull()` #fast/.Mooring"),
        ("a.asciidoc", UNDERLINED, "zmq_haul(3)/.NAME/..Errors/.DESCRIPTION"),
        ("a.org", ORG, "Hauling/.Pulling a rope/.Mooring/TODO"),
        ("b.adoc", "== A\r\n\r\n== B\r\n", "A/B"),
        ("c.adoc", "----\n== never closed\n", ""),
        ("d.org", "", ""),
    ],
)
def test_sections(path: str, text: str, expected: str) -> None:
    language = detect_language(path, text)
    chunks = chunk_file(SourceFile(path, "1", language, text, len(text)), target=100).chunks
    open_: list[str] = []
    symbols = []
    for heading in filter(None, expected.split("/")):
        title = heading.lstrip(".")
        open_[len(heading) - len(title) :] = [title]
        symbols.append(" > ".join(open_))
    assert [symbol for chunk in chunks for symbol in chunk.defines] == symbols


@pytest.mark.parametrize("language", HEADINGS)
@pytest.mark.parametrize(
    "unit",
    ["= ", "== a\n", "=", "a\n=\n", "----\n", "\n", "a\n---\n", "* ", "* a\n", "* TODO ", "* [#A]", "* a :", "[[", "[#",
     "== [[", "`", " "],
)  # fmt: skip
def test_hostile_lines_take_no_time(language: str, unit: str) -> None:
    began = time.process_time()
    for before in (b"== a", b"* a"):
        list(HEADINGS[language](before + unit.encode() * (400_000 // len(unit))))
    assert time.process_time() - began < 1.5
