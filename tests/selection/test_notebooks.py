"""Notebooks: cells without outputs, in the kernel's language, on the lines that the file has."""

from __future__ import annotations

import base64
import json
import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ccingest.models import SourceFile
from ccingest.selection.notebooks import notebook_source
from selection.kit import outcome

IMAGE = base64.b64encode(random.Random(1).randbytes(60_000)).decode()


def cell(kind: str, *lines: str) -> dict[str, object]:
    outputs = [{"data": {"image/png": IMAGE, "text/plain": ["source\n", "cells"]}}]
    extra = {"outputs": outputs, "execution_count": 1} if kind == "code" else {}
    return {"cell_type": kind, "metadata": {}, **extra, "source": list(lines)}


NOTEBOOK = {
    "cells": [
        cell("markdown", "# Tides\n", f"![x](data:image/png;base64,{IMAGE})"),
        cell("code", "%matplotlib inline\n", "def fit(t):\n", '    return "é\\n" + t\n'),
        cell("code", "%%bash\n", "ls | wc\n"),
        cell("code", "class A:\n", "    pass"),
    ],
    "metadata": {"language_info": {"name": "python"}},
    "nbformat": 4,
}


@pytest.mark.parametrize("indent", [1, 2])
def test_lines_are_those_of_the_file(indent: int) -> None:
    text = json.dumps(NOTEBOOK, indent=indent)
    done = notebook_source(text)
    assert done is not None
    found, in_file = done[0].split("\n"), text.split("\n")
    assert done[1] == "python"
    for code in ("def fit(t):", "class A:", "    pass"):
        assert code in in_file[found.index(code)]
    assert [line for line in found if line] == [
        "# %% cell 1 [markdown]",
        "# # Tides",
        "# ![x](data:image/png;base64,...)",
        "# %% cell 2",
        "# %matplotlib inline",
        "def fit(t):",
        '    return "é\\n" + t',
        "# %% cell 3",
        "# %%bash",
        "# ls | wc",
        "# %% cell 4",
        "class A:",
        "    pass",
    ]


def test_a_notebook_on_one_line() -> None:
    done = notebook_source(json.dumps({"cells": [{"source": "a = 1\nb = 2", "cell_type": "code"}]}))
    assert done == ("# %% cell 1\na = 1\nb = 2", "python")


def test_the_third_format_of_notebooks() -> None:
    cells = [{"cell_type": "code", "input": ["a = 1"], "language": "python", "outputs": []}]
    assert notebook_source(json.dumps({"worksheets": [{"cells": cells}]})) == (
        "# %% cell 1\na = 1",
        "python",
    )


@pytest.mark.parametrize(
    ("metadata", "language", "mark"),
    [
        ({"kernelspec": {"name": "ir", "language": "R"}}, "r", "#"),
        ({"kernelspec": {"name": "julia-1.9"}, "language_info": {"name": "julia"}}, "julia", "#"),
        ({"kernelspec": {"name": "xcpp17", "language": "C++17"}}, "cpp", "//"),
        ({"kernelspec": {"language": "scala"}}, "scala", "//"),
        ({"kernelspec": {"name": ".net-fsharp"}}, "fsharp", "//"),
        ({"kernelspec": {"name": "gonb", "language": "no such one"}}, "go", "//"),
        ({"kernelspec": {"name": "imatlab"}}, "matlab", "%"),
        ({"language": "Julia", "name": ""}, "julia", "#"),
        ({"kernelspec": {"name": "python3"}}, "python", "#"),
        ({}, "python", "#"),
    ],
)
def test_the_language_of_the_kernel(metadata: object, language: str, mark: str) -> None:
    cells = [{"cell_type": "markdown", "source": ["Words"]}]
    done = notebook_source(json.dumps({"cells": cells, "metadata": metadata}))
    assert done == (f"{mark} %% cell 1 [markdown]\n{mark} Words", language)


@pytest.mark.parametrize(
    "of_cell",
    [
        {"vscode": {"languageId": "sql"}},
        {"polyglot_notebook": {"kernelName": "sql"}},
        {"dotnet_interactive": {"language": "sql"}},
        {"kernel": "SQL"},
    ],
)
def test_a_cell_in_another_language_is_a_comment(of_cell: object) -> None:
    cells = [
        {"cell_type": "code", "metadata": of_cell, "source": ["select 1\n", "from t"]},
        {
            "cell_type": "code",
            "metadata": {"vscode": {"languageId": "python"}},
            "source": ["x = 1"],
        },
    ]
    assert notebook_source(json.dumps({"cells": cells})) == (
        "# %% cell 1\n# select 1\n# from t\n# %% cell 2\nx = 1",
        "python",
    )


@pytest.mark.parametrize(
    ("source", "text"),
    [
        (["\n", "%%bash\n", "f() { :; }\n"], "#\n# %%bash\n# f() { :; }"),
        (["!pip install a \\\n", "  b\n", "x = 1\n"], "# !pip install a \\\n#   b\nx = 1"),
        (["%%writefile a.py\n", "x = 1\n"], "# %%writefile a.py\nx = 1"),
        (["%%writefile a.sh\n", "ls\n"], "# %%writefile a.sh\n# ls"),
        (["%%ipytest -q\n", "def test_a(): pass"], "# %%ipytest -q\ndef test_a(): pass"),
    ],
)
def test_magics(source: list[str], text: str) -> None:
    cells = [{"cell_type": "code", "source": source}]
    assert notebook_source(json.dumps({"cells": cells})) == (f"# %% cell 1\n{text}", "python")


def test_halves_of_letters_do_no_harm() -> None:
    cells = '{"cells": [{"cell_type": "code", "source": ["a = \'\\ud83c\\udf89\'\\n", "b = \'\\ud83c\\u0000\'"]}]}'
    assert notebook_source(cells) == ("# %% cell 1\na = '🎉'\nb = '\ufffd\ufffd'", "python")


def test_cells_say_the_language_where_the_notebook_says_none() -> None:
    cells = [{"cell_type": "code", "input": ["f <- 1"], "language": "R", "outputs": []}]
    notebook = {"metadata": {"name": "x"}, "worksheets": [{"cells": cells}]}
    assert notebook_source(json.dumps(notebook)) == ("# %% cell 1\nf <- 1", "r")


def test_what_becomes_of_files(tmp_path: Path) -> None:
    found = outcome(tmp_path / "a", "a.ipynb", json.dumps(NOTEBOOK))
    assert isinstance(found, SourceFile)
    assert (found.language, len(found.text) < 1000) == ("python", True)
    large = json.dumps({**NOTEBOOK, "cells": [cell("code", "x = 1\n")] * 30}, indent=1)
    assert len(large) > 2 * 1024 * 1024
    assert isinstance(outcome(tmp_path / "b", "a.ipynb", large), SourceFile)
    other = outcome(tmp_path / "c", "a.ipynb", '{"a": 1}')
    assert isinstance(other, SourceFile)
    assert other.language == "json"
    assert outcome(tmp_path / "d", "a.ipynb", '{"cells": []}') != "binary"


@given(st.text(alphabet='{}[]",:\\ \nabcells"source"', max_size=200))
@settings(deadline=None)
def test_any_text_is_a_notebook_or_not(text: str) -> None:
    notebook_source(text)
    notebook_source('{"cells": [{"source": [' + text)
    notebook_source('{"cells": ' + "[" * 3000 + text)
