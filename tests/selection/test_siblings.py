"""What a file of an ambiguous ending is by the files around it, and what that does to a dataset."""

from __future__ import annotations

from pathlib import Path

import pytest

from ccingest.models import SelectedFile
from ccingest.selection import plan_files, read_file
from ccingest.selection.siblings import usual_languages, with_usual_languages
from ccingest.sources.references import parse_reference
from git_server import make_repository
from values import snapshot_of


@pytest.mark.parametrize(
    ("paths", "usual"),
    [
        (["a.h", "a.c"], {}),
        (["a.h", "a.cpp"], {"a.h": "cpp"}),
        (["a.h", "a.c", "b.c", "c.cc"], {}),
        (["include/p/a.h", "src/a.cc", "tests/a.c", "src/b.cc"], {"include/p/a.h": "cpp"}),
        (["c/a.h", "c/a.c", "d/a.h", "d/a.cxx", "d/b.cxx"], {"d/a.h": "cpp"}),
        (["Pod/A.h", "Pod/A.m", "Pod/B.m"], {"Pod/A.h": "objc"}),
        (["mex/a.h", "mex/a.c", "mex/a.m", "mex/b.m"], {}),
        (["A.h", "A.mm", "a.cpp", "b.cpp"], {"A.h": "cpp"}),
        (["a.h", "README.md"], {}),
        (["src/getopt.h", "src/getopt.c", "src/a.cc", "src/b.cc"], {}),
        (["old/bmp.h", "image/bmp.c", "old/vg/a.cpp", "old/vg/b.cpp"], {}),
        (["include/bmp.h", "src/bmp.cc", "demo/a.c", "demo/b.c"], {"include/bmp.h": "cpp"}),
        (["x/util.h", "x/a.cc", "y/util.c"], {"x/util.h": "cpp"}),
        (["i/util.h", "x/util.cc", "y/util.c", "y/b.c"], {}),
        (["lib/a.inc", "lib/b.php"], {"lib/a.inc": "php"}),
        (["src/a.inc", "src/b.pas"], {"src/a.inc": "pascal"}),
        (["recipes/a.inc", "recipes/a.bb"], {"recipes/a.inc": "bitbake"}),
        (["a.fs", "a.vs"], {"a.fs": "glsl"}),
        (["a.fs", "a.fsproj"], {}),
        (["t/a.t", "lib/A.rakumod"], {"t/a.t": "raku"}),
        (["t/a.t", "lib/A.pm"], {}),
    ],
)
def test_the_nearest_folder_with_sources_says_what_a_file_is(
    paths: list[str], usual: dict[str, str]
) -> None:
    assert usual_languages(paths) == usual
    assert usual_languages(reversed(paths)) == usual


def test_a_language_that_is_given_stands() -> None:
    files = [SelectedFile("a.h", "1", 1, language="c"), SelectedFile("a.cpp", "2", 1)]
    assert with_usual_languages(files) == tuple(files)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("#define ROPES 3\n", "cpp"),
        ('#ifdef __cplusplus\nextern "C" {\n#endif\nint f(void);\n', "c"),
        ("@interface Rope\n@end\n", "objc"),
        ("#define FAIL ebreak\n#define BEGIN\n", "c"),
        ("#define EXIT \\\n  li a7, 93; \\\n  ecall;\n", "c"),
        (".macro push reg\n  .word 0\n.endm\n", "c"),
        ("#ifndef __ASSEMBLER__\nint f(void);\n#endif\n", "c"),
        ('static inline void f() { __asm__("nop\\n"); }\n', "cpp"),
    ],
)
def test_the_text_of_a_header_beside_cpp_counts_first(
    tmp_path: Path, text: str, language: str
) -> None:
    make_repository(tmp_path, {"a.h": text, "a.cpp": "int a;\n"})
    snapshot = snapshot_of(parse_reference(str(tmp_path)), tmp_path, branch="main")[1]
    header = plan_files(snapshot).files[1]
    source = read_file(snapshot, header)
    assert not isinstance(source, str)
    assert (source.path, source.language) == ("a.h", language)


def test_many_files_in_deep_folders_take_little_time() -> None:
    folder = "/".join(["d"] * 50)
    paths = [f"{folder}/{i}/{i}.{ending}" for i in range(3000) for ending in ("h", "cpp")]
    assert len(usual_languages(paths)) == 3000
