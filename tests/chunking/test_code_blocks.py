"""Code blocks of prose that is a program: their symbols, and that nothing is lost."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ccingest.chunking import chunk_file
from ccingest.languages import detect_language
from ccingest.snippets import outline
from chunk_promises import broken_promises, source

# path, text, and its outline: symbol:line
FILES = [
    ("a.Rmd", "---\ntitle: x\n---\n\n# Tides\n\n```{r setup, include=FALSE}\nfit_tide <- function(t) {\n  t\n}\n```\n\n## Py\n\n"
     "```{python}\ndef haul(n):\n    return n\n\nclass Rope:\n    def tie(self): pass\n```\n\n```{{r}}\nno <- function() 1\n```\n"
     "```python\ndef no(): pass\n```\n",
     "Tides:5 fit_tide:8 Tides_>_Py:13 haul:16 Rope:19 Rope.tie:20"),
    ("a.qmd", "# Tides\n\n```{r}\n#| label: x\nfit_tide <- function(t) t\n```\n\n```{ojs}\nfunction draw(a) { return 1 }\n```\n"
     "~~~{r, engine='python'}\ndef haul(): pass\n~~~\n",
     "Tides:1 fit_tide:5 draw:9 haul:12"),
    ("a.md", "---\njupytext:\n  formats: md\nkernelspec:\n  name: python3\n---\n\n# T\n\n```{code-cell} ipython3\ndef haul(n):\n    return n\n```\n\n"
     "```python\ndef pull(n):\n    return n\n```\n",
     "T:8 haul:11 pull:16"),
    ("a.md", "# T\n\n:::{code-cell} python\ndef haul(n):\n    return n\n:::\n\n- item\n\n  ```{code-cell}\n  def pull(n):\n      return n\n  ```\n",
     "T:1 haul:4 pull:11"),
    ("README.md", "# T\n\n```python\ndef pull(n):\n    return n\n```\n", "T:1"),
    ("a.md", "# T\n\n``` {.python file=src/a.py}\ndef haul(n):\n    return n\n```\n``` {.python}\ndef no(): pass\n```\n", "T:1 haul:4"),
    ("a.livemd", "# T\n\n```elixir\ndefmodule Rope do\n  def haul(n), do: n\nend\n```\n", "T:1 Rope:4 Rope.haul:5"),
    ("a.org", "* Config\n** Rope\n#+BEGIN_SRC emacs-lisp :tangle yes\n(defun haul (n)\n  n)\n#+END_SRC\n  #+begin_src python :results output\n"
     "  def pull(n):\n      return n\n\n  def tie(n):\n      return n\n  #+end_src\n#+begin_src\nx\n#+end_src\n* C\n#+begin_src C\n"
     "int moor(int n) {\n return n;\n}\n#+end_src\n",
     "Config:1 Config_>_Rope:2 haul:4 pull:8 tie:11 C:17 moor:19"),
    ("a.adoc", "= Guide\n\n== Use\n\n[source,java]\n.Title\n----\npublic class Winch {\n  void haul() {}\n}\n----\n\n[source%linenums, ruby]\n----\n"
     "def pull\nend\n----\n\n====\n[,python]\n----\ndef tie(): pass\n----\n====\n\n```go\nfunc Moor() {}\n```\n----\ndef no(): pass\n----\n",
     "Guide:1 Guide_>_Use:3 Winch:8 Winch.haul:9 pull:15 tie:22 Moor:27"),
    ("a.Rnw", "\\documentclass{article}\n\\section{Tides}\n<<setup, echo=FALSE>>=\nfit_tide <- function(t) {\n  t\n}\n@\nText\n"
     "<<engine='python'>>=\ndef haul(): pass\n@\n",
     "Tides:2 fit_tide:4 haul:10"),
    ("a.mdx", "# T\n\nimport A from 'a'\n\nexport const Chart = () => {\n\n  return <b/>\n}\n\n## Two\n\n```js\nexport function no() {}\n```\n\n"
     "export function Rope() { return 1 }\n",
     "T:1 Chart:5 T_>_Two:10 Rope:16"),
    ("a.Rpres", "T\n===\n\n```{r}\nf <- function(x) x\n```\n", "T:1 f:5"),
    ("a.lagda", "Prose of it\n\\begin{code}\nhaul : Nat\nhaul = 1\n\\end{code}\nprose : it is\n", "haul:3"),
    ("a.lidr", "prose : it is\n\n> haul : Int -> Int\n> haul n = n\n", "haul:3"),
    ("a.lhs", "prose\n\n> haul :: Int -> Int\n> haul n = n\n", "haul:3"),
]  # fmt: skip


@pytest.mark.parametrize(("path", "text", "expected"), FILES)
def test_symbols_of_code_blocks(path: str, text: str, expected: str) -> None:
    for ends in (text, text.replace("\n", "\r\n")):
        file = source(ends, detect_language(path, ends), path)
        chunks = chunk_file(file, target=1000, overlap=100).chunks
        found = [f"{item.symbol}:{item.line}".replace(" ", "_") for item in outline(chunks)]
        assert found == expected.split()


def test_a_function_that_fills_a_chunk_names_it() -> None:
    body = "".join(f"    n += {number}  # {'x' * 40}\n" for number in range(40))
    text = f"# Tides\n\n{'Prose. ' * 100}\n\n```{{python}}\ndef haul(n):\n{body}```\n\nAfter.\n"
    chunks = chunk_file(source(text, "markdown", "a.qmd"), target=600, overlap=50).chunks
    assert "haul" in {chunk.symbol for chunk in chunks}
    assert chunks[0].symbol == "Tides"


def test_the_name_stands_in_the_chunk_that_defines_it() -> None:
    code = "".join(
        f"@Test\n@Slow\npublic int haul{number}() {{ return 1; }}\n" for number in range(30)
    )
    text = f"= T\n\n[source,java]\n----\n{code}----\n"
    for target in range(60, 200, 7):
        chunks = chunk_file(source(text, "asciidoc", "a.adoc"), target=target, overlap=0).chunks
        names = [(chunk.text, name) for chunk in chunks for name in chunk.defines if name != "T"]
        assert len(names) == 30
        assert all(name in held for held, name in names)


def test_many_and_hostile_blocks_take_bounded_time() -> None:
    for block in ("```{python}\n```\n", "```{cpp}\n" + "a<" * 400 + "\n```\n", "```{r}\n"):
        began = time.process_time()
        text = block * (400_000 // len(block))
        chunk_file(source(text, "markdown", "a.Rmd"), target=1000, overlap=100)
        assert time.process_time() - began < 10


PART = st.sampled_from(
    """```{r}|```{python}|```|#+begin_src python|#+end_src|[source,java]|----|<<a>>=|@|def f():|    x = 1
    |class A {|}|f <- function() {|# T|export function g() {|> a|= T|* T|\r\n|\n|日本|é|  """.split(
        "|"
    )
)


@given(
    text=st.lists(PART, max_size=80).map("\n".join),
    path=st.sampled_from(["a.Rmd", "a.org", "a.adoc", "a.Rnw", "a.mdx", "a.lidr"]),
    target=st.sampled_from([1000, 100, 30]),
)
@settings(deadline=None, max_examples=300)
def test_nothing_is_lost(text: str, path: str, target: int) -> None:
    file = source(text, detect_language(path, text), path)
    done = chunk_file(file, target=target, overlap=target // 10)
    assert broken_promises(file, done.chunks, target=target, overlap=target // 10) == []
