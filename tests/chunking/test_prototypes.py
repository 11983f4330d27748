"""Functions that a header of C or C++ declares."""

from __future__ import annotations

import time

import pytest

from ccingest.chunking import chunk_file
from ccingest.chunking.prototypes import prototypes
from ccingest.snippets import outline
from chunk_promises import source

STATEMENTS = [
    ("int haul(int n);", "haul"),
    ("extern const char *haul (void);", "haul"),
    ("API int CALL haul(int n) NO_THROW;", "haul"),
    ("EXPORT(int) haul(const struct rope *r,\n    int (*done)(int));", "haul"),
    ("PyAPI_FUNC(PyObject *) Haul_New(void);", "Haul_New"),
    ("__attribute__((warn_unused_result)) int haul(void) __attribute__((nonnull(1)));", "haul"),
    ("[[nodiscard]] std::string haul(std::vector<int> const& n = {});", ""),
    ("[[nodiscard]] std::string haul(std::vector<int> const& n);", "haul"),
    ("LUA_API void (lua_haul) (lua_State *L);", "lua_haul"),
    ("ZEXTERN int ZEXPORT haul OF((int n));", "haul"),
    ("int BLASFUNC(haul)(int *, double *);", "haul"),
    ("template <typename T>\nauto haul(T n) -> T;", "haul"),
    ("template <typename T = std::map<int, std::vector<int>>>\nvoid haul(T n);", "haul"),
    ("template <> void pull<int>(int);", ""),
    ("DEPRECATED(\"use pull\")\nbool haul(int a);", "haul"),
    ("int RUN_ALL(void);", "RUN_ALL"),
    ("typedef int (*haul)(int n);", ""),
    ("int (*haul)(int n);", ""),
    ("extern int haul;", ""),
    ("static const int a = haul(2);", ""),
    ("DECLARE_int32(haul);", ""),
    ("Rope haul(3);", ""),
    ("static_assert(sizeof(int) == 4);", ""),
    ("using haul = int(int);", ""),
    ("friend int haul(int);", ""),
    ("/* int pull(void); */ int haul(/* ; */ void); // int tie(void);", "haul"),
    ("#define A(x) \\\n  int pull(x);\nint haul(void);", "haul"),
    ("struct rope { int n; void (*pull)(void); int tie(void); };", ""),
    ("static inline int pull(void) { return tie(1); }\nint haul(void);", "haul"),
    ("#define A 1 /* goes on\n  in the next line */\nint haul(void);", "haul"),
    ("#ifdef __cplusplus\nextern \"C\" {\n#endif\nint haul(void);\n#ifdef __cplusplus\n}\n#endif\n", "haul"),
    ("namespace sea { namespace in::port {\nint haul(void);\n} int pull(void); }", "haul pull"),
    ("@interface Rope : NSObject\n- (void)tie:(int)n;\n@end\nvoid haul(void);", "haul"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "names"), STATEMENTS)
def test_what_a_header_declares(text: str, names: str) -> None:
    assert [found.name for found in prototypes("a.h", text.encode(), "cpp")] == names.split()
    assert list(prototypes("a.c", text.encode(), "c")) == []


HEADER = """#ifndef ROPE_H
#include <stdio.h>

typedef struct rope_s {
  int length;
} rope_t;

/* Hauls it in; see also moor(). */
API int haul(rope_t *rope,
             int n);

/** Moors. */
API int
moor(rope_t *rope);

static inline int twice(int n) { return haul(0, n) * 2; }
#endif
"""


def test_a_header_in_the_outline() -> None:
    chunks = chunk_file(source(HEADER, "c", "rope.h"), target=1000, overlap=100).chunks
    assert [(item.symbol, item.line) for item in outline(chunks)] == [
        ("rope_s", 4),
        ("rope_t", 6),
        ("haul", 9),
        ("moor", 14),
        ("twice", 16),
    ]


def test_names_of_a_namespace() -> None:
    text = "namespace sea {\nint haul(int n);\nclass Rope { void tie(); };\n}\n"
    chunks = chunk_file(source(text, "cpp", "a.hpp"), target=1000, overlap=100).chunks
    assert chunks[0].defines == ("sea", "sea.haul", "sea.Rope", "sea.Rope.tie")


@pytest.mark.parametrize(
    "unit",
    [
        "a ",
        "a(",
        "A(a)(",
        "{",
        "namespace ",
        "/*",
        "'",
        '"',
        "#\\\n",
        "int f(a b);",
        "A ((",
        "\n",
        "a OF((",
        "[[a]] ",
        "template<",
        "template<a>",
    ],
)
def test_time_in_proportion_to_the_length(unit: str) -> None:

    began = time.process_time()
    for before in ("", "int a(", "namespace a {"):
        list(prototypes("a.h", (before + unit * (400_000 // len(unit)) + ";").encode(), "c"))
    assert time.process_time() - began < 5
