"""Scripts within components and pages: their symbols, and that nothing is lost."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ccingest.chunking import chunk_file
from chunk_promises import broken_promises, source

FILES = [
    ("vue", '<template><div @click="drop">{{ n }}</div></template>\n<script setup lang="ts">\n'
     "const n = ref(0)\nfunction drop(a: number) { n.value += a }\n</script>\n", ["drop"]),
    ("vue", "<script>\nexport default {\n  data() { return {} },\n  methods: {\n    go() {}\n  }\n}\n"
     "</script>\n<style>a { b: c }</style>\n", ["data", "go"]),
    ("vue", '<script lang="tsx">\nconst F = () => <b>x</b>\n</script>\n', ["F"]),
    ("svelte", '<script context="module">\nexport function load() {}\n</script>\n<script>\n'
     "  let n = 0;\n  function tack() { n += 1; }\n</script>\n<b>{n}</b>\n", ["load", "tack"]),
    ("astro", "---\nfunction gybe() { return 1 }\n---\n<h1>x</h1>\n<script>\nclass A {}\n</script>\n",
     ["gybe", "A"]),
    ("html", "<html><head><script>function a() {}</script></head><body>"
     '<script type="application/json">{"b": 1}</script>'
     '<script type="module">export class C {}</script></body></html>\n', ["a", "C"]),
]  # fmt: skip


@pytest.mark.parametrize(("language", "text", "symbols"), FILES)
def test_symbols_of_scripts(language: str, text: str, symbols: list[str]) -> None:
    done = chunk_file(source(text, language))
    assert [name for chunk in done.chunks for name in chunk.defines] == symbols


def test_a_long_script_is_cut_between_its_functions() -> None:
    body = "".join(
        f"/** Number {i}. */\nfunction f{i}(a: number) {{\n  return a + {i}\n}}\n\n"
        for i in range(60)
    )
    text = f'<template>\n<b/>\n</template>\n\n<script lang="ts">\n{body}</script>\n'
    file = source(text, "vue")
    done = chunk_file(file, target=400, overlap=50)
    assert broken_promises(file, done.chunks, target=400, overlap=50) == []
    lines = text.split("\n")
    for chunk in done.chunks[2:]:
        assert chunk.text.startswith("/** Number")
        assert lines[chunk.start_line - 1] == chunk.text.split("\n")[0]


PART = st.sampled_from(
    """<script>|</script>|<script lang="ts">|---|function f() {|}|<b>|</b>|class A {}|\r\n|\n|{x}|日本|
    |const a = `|`|//|/*|*/|<!--|-->|<template>|</template>|<style>|</style>|</scr|é|"|'""".split(
        "|"
    )
)


@given(
    text=st.lists(PART, max_size=80).map("".join),
    language=st.sampled_from(["vue", "svelte", "astro", "html"]),
    target=st.sampled_from([1000, 100, 30]),
)
@settings(deadline=None, max_examples=300)
def test_nothing_is_lost(text: str, language: str, target: int) -> None:
    file = source(text, language)
    done = chunk_file(file, target=target, overlap=target // 10)
    assert broken_promises(file, done.chunks, target=target, overlap=target // 10) == []
