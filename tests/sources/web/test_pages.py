"""A page on its way: its address, its bytes, its text, its Markdown."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccingest.sources.web.addresses import LONGEST, address_of, key_of, normal, origin_of, path_of
from ccingest.sources.web.answers import BodyError, decoded, unpacked
from ccingest.sources.web.html import HtmlPage, read_html
from ccingest.sources.web.llms import parts_of


def read(body: str, title: str = "") -> HtmlPage:
    text = f"<html><head><title>{title}</title></head><body>{body}</body></html>"
    return read_html(text, "https://host/a/b.html", most_links=100)


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("HTTPS://Host.ORG:443/a/../b/./c#x", "https://host.org/b/c"),
        ("http://host", "http://host/"),
        ("//other/x", "https://other/x"),
        ("?q=1&utm_source=y", "https://host/a/b?q=1"),
        ("x;jsessionid=1A?gclid=2", "https://host/a/x"),
        ("caf\u00e9/%7euser/%e2%82%ac", "https://host/a/caf%C3%A9/~user/%E2%82%AC"),
        ("..\ud800?\udfff", "https://host/a/..%EF%BF%BD?%EF%BF%BD"),
        ("a b%", "https://host/a/a%20b%25"),
        ("http://b\u00fccher.example/", "http://xn--bcher-kva.example/"),
        ("mailto:a@b", None),
        ("http://user:pw@host/", None),
        ("http://host:x/", None),
        ("http://[::1", None),
        ("http:///x", None),
        ("x" * (LONGEST + 1), None),
    ],
)
def test_normal_addresses(address: str, expected: str | None) -> None:
    assert normal(address, "https://host/a/b") == expected


@given(st.text(st.characters(exclude_categories=()), max_size=60))  # halves of characters, too
def test_a_normal_address_stays_and_leads_back(text: str) -> None:
    address = normal(text, "https://host/a/b")
    if address is None:
        return
    assert normal(address) == address
    path = path_of(address)
    assert normal(address_of(origin_of(address), path)) == address.replace("%69ndex", "index")
    assert all(part not in ("", ".", "..") for part in path.split("/"))


@pytest.mark.parametrize("same", ["/a/", "/a", "/a/index.html", "/a/index.htm"])
def test_forms_of_one_page(same: str) -> None:
    assert key_of(f"https://host{same}") == key_of("https://host/a/")
    assert key_of("https://host/a?x=1") != key_of("https://host/a")


@pytest.mark.parametrize(
    ("data", "header", "expected"),
    [
        ("é€".encode(), "", "é€"),
        ("é€".encode(), "text/html; charset=iso-8859-1", "é€"),
        ("é".encode("latin-1"), "text/html; charset=ISO-8859-1", "é"),
        ("“é”".encode("cp1252"), "text/html; charset=latin1", "“é”"),
        ("日本語".encode("shift_jis") * 9, 'text/html; charset="Shift_JIS"', "日本語" * 9),
        (
            b'<meta charset="koi8-r">' + "мир".encode("koi8-r") * 9,
            "",
            '<meta charset="koi8-r">' + "мир" * 9,
        ),
        ("é".encode("utf-16"), "text/html; charset=utf-8", "é"),
        (b"\xef\xbb\xbfx", "", "x"),
        ("ééé".encode() + b"\xff" + "é".encode(), "", "ééé\ufffdé"),
        (b"caf\xe9 \xab", "text/html; charset=utf-8", "caf\u00e9 \u00ab"),
        (b"x\xff", "text/html; charset=rot13", "x\u00ff"),
        (b"x\xff", "text/html; charset=no-such", "x\u00ff"),
    ],
)
def test_bytes_to_text(data: bytes, header: str, expected: str) -> None:
    assert decoded(data, header) == expected


def test_unpacking_is_bounded() -> None:
    with pytest.raises(BodyError, match="over 10 bytes"):
        list(unpacked(iter([b"x" * 6, b"x" * 6]), "", 10))
    with pytest.raises(BodyError, match="can't be decompressed"):
        list(unpacked(iter([b"no gzip"]), "gzip", 10))


def test_a_page_becomes_markdown() -> None:
    found = read(
        """<header>Site</header><nav><a href="/x">menu</a></nav><div class="sidebar">beside</div>
        <main><section id="use"><h1>Use <em>it</em><a class="headerlink" href="#use">¶</a></h1>
        <p>See <a href="c.html#d">the other page</a>, or <code>x &lt; 1</code>.</p>
        <div class="highlight-python3"><div class="highlight"><pre><span>def</span> f():
    return 1</pre></div></div>
        <table><tr><th>Name</th><th>Value</th></tr><tr><td>a</td><td>1</td></tr></table></section>
        <h2><a id="more"></a>More</h2><p>Text.</p></main><footer>(c) all</footer>""",
        "Use it - Site",
    )
    assert found.markdown == (
        "# Use it {#use}\n\nSee the other page, or `x < 1`.\n\n"
        "```python\ndef f():\n    return 1\n```\n\n"
        "| Name | Value |\n| ---- | ----- |\n| a    | 1     |\n\n## More {#more}\n\nText.\n"
    )
    assert found.links == ("https://host/x", "https://host/a/c.html")


@pytest.mark.parametrize(
    "code",
    [
        '<pre><code class="language-js">a\nb</code></pre>',
        '<div class="highlight-javascript"><pre>a\nb</pre></div>',
        '<pre class="brush: js">a\nb</pre>',
        '<pre data-lang="js"><div>a</div><div>b</div></pre>',
        '<div class="language-js"><pre><code><span class="line">a</span>\n<span class="line">b</span></code></pre></div>',
        '<pre class="language-js"><code><span>a<br></span><span>b<br></span></code></pre>',
        '<table class="highlighttable"><tr><td class="linenos"><pre>1\n2</pre></td>'
        '<td class="code"><div class="highlight language-js"><pre>a\nb</pre></div></td></tr></table>',
        # Sphinx, MkDocs, Hugo, Rouge, Hexo, highlightjs-line-numbers
        '<div class="highlight-js notranslate"><div class="highlight"><table class="highlighttable"><tr>'
        '<td class="linenos"><div class="linenodiv"><pre>1\n2</pre></div></td>'
        '<td class="code"><div><pre><span></span>a\nb\n</pre></div></td></tr></table></div></div>',
        '<div class="language-js highlight"><table class="highlighttable"><tbody><tr><th class="filename"'
        ' colspan="2">a.js</th></tr><tr><td class="linenos"><pre>1\n2</pre></td><td class="code"><div>'
        "<pre><code>a\nb\n</code></pre></div></td></tr></tbody></table></div>",
        '<div class="highlight"><div class="chroma"><table class="lntable"><tr><td class="lntd"><pre><code>'
        '<span class="lnt">9\n</span><span class="lnt">10\n</span></code></pre></td><td class="lntd">'
        '<pre><code class="language-js" data-lang="js">a\nb\n</code></pre></td></tr></table></div></div>',
        '<div class="language-js highlighter-rouge"><pre class="highlight"><code><table class="rouge-table">'
        '<tbody><tr><td class="rouge-gutter gl"><pre class="lineno">1\n2\n</pre></td>'
        '<td class="rouge-code"><pre>a\nb\n</pre></td></tr></tbody></table></code></pre></div>',
        '<figure class="highlight js"><table><tr><td class="gutter"><pre>1<br>2<br></pre></td>'
        '<td class="code"><pre><span>a</span><br><span>b</span><br></pre></td></tr></table></figure>',
        '<pre><code class="language-js"><table><tr><td></td><td>a</td></tr><tr><td></td><td>b</td></tr>'
        "</table></code></pre>",
        '<table><tr><td>one</td><td><pre class="language-js">a\nb</pre></td></tr></table>',
    ],
)
def test_code_keeps_its_lines_and_its_language(code: str) -> None:
    assert "```javascript\na\nb\n```" in read(f"<main><h1>X</h1>{code}<p>Text</p></main>").markdown


def test_a_table_with_code_of_several_lines_becomes_its_cells() -> None:
    table = """<main><h1>X</h1><table><tr><th>Name</th><th>Use</th></tr><tr><td>one</td><td><p>See:</p>
        <pre>a\nb</pre></td></tr><tr><td>two</td><td>plain</td></tr></table><p>After</p></main>"""
    assert read(table).markdown == (
        "# X\n\nName | Use\n\none\n\nSee:\n\n```\na\nb\n```\n\ntwo | plain\n\nAfter\n"
    )
    assert "| one  | See: `a` |" in read(table.replace("a\nb", "a")).markdown
    output = "<table><tr><td><pre>print\nx</pre></td><td><pre>1\n2</pre></td></tr></table>"
    assert "print\nx\n" in read(output).markdown
    assert "1\n2\n" in read(output).markdown


def test_definitions_are_sections() -> None:
    found = read(
        """<main><h2 id="m">Module</h2><dl class="py class"><dt class="sig" id="m.C">class m.C(x)</dt>
        <dd><p>Of a class.</p><dl><dt class="sig" id="m.C.f">f()</dt><dd><p>Does it.</p></dd></dl></dd></dl>
        </main>""",
        "Module",
    )
    lines = [line for line in found.markdown.splitlines() if line.startswith("#")]
    assert lines == ["## Module {#m}", "### class m.C(x) {#m.C}", "#### f() {#m.C.f}"]


def test_sections_within_lists_are_sections() -> None:
    found = read(
        """<main><h1>Class</h1><ul><li><h3 id="m">Methods</h3><ul><li><a id="get--"></a><h4>get</h4>
        <pre>int get()</pre><ul><li>an item</li></ul></li></ul></li></ul></main>"""
    )
    assert found.markdown == (
        "# Class\n\n### Methods {#m}\n\n#### get {#get--}\n\n```\nint get()\n```\n\n- an item\n"
    )


def test_signs_of_a_page() -> None:
    assert read('<div id="app"></div><script src="x.js"></script>').needs_scripts
    links = "".join(f'<li><a href="{n}.html">page {n}</a></li>' for n in range(80))
    assert read(f"<main><h1>Index</h1><ul>{links}</ul></main>").is_index
    assert read("<h1>no main</h1><p>but text</p>").markdown == "# no main\n\nbut text\n"
    assert read("<div>only text</div>", "A title | Site").markdown == "# A title\n\nonly text\n"
    assert read_html("", "https://host/", most_links=9) == HtmlPage("", "", ())


@pytest.mark.parametrize(
    "text",
    [
        "<div>" * 100_000,
        '<a href="x">y</a> ' * 20_000,
        "<dl><dt class=sig id=a>x</dt></dl>" * 12_000,
        "<h2 id=x>a</h2>" * 15_000,
        "<table><tr><td>" * 3000,
        "<" * 300_000,
        "<pre>" + "<br>" * 50_000,
        "<aside>x</aside>y" * 20_000,
        "\x00\ue0f00\ue0f1" * 1000,
        "<table><tr><td>" + "<pre>1\n2</pre>" * 20_000 + "<td>" + "<p>x</p>" * 20_000,
        "<table>" + "<tr><td>x" * 20_000 + "<tr><td><pre>1\n2</pre>" * 10_000,
        "<table><tr><td><pre>1\n2</pre><td>" * 3000,
    ],
    ids=range(12),
)
def test_hostile_pages_take_linear_time(text: str) -> None:
    import time

    began = time.process_time()
    read(text)
    assert time.process_time() - began < 3


def test_llms_full_is_cut_into_its_pages() -> None:
    mintlify = "# One\nSource: https://host/one\n\nFirst.\n\n# Two\nSource: https://host/two\n\n## Part\n\nSecond.\n"
    found = parts_of(mintlify, "https://host/", lambda _: True)
    assert [(one.address, one.text) for one in found] == [
        ("https://host/one", "# One\n\nFirst.\n"),
        ("https://host/two", "# Two\n\n## Part\n\nSecond.\n"),
    ]
    front = "---\nurl: /a.md\n---\n\n# A\n\nText.\n\n---\nurl: /b.md\n---\n\n# B\n\nText.\n"
    assert [one.address for one in parts_of(front, "https://host/", lambda _: True)] == [
        "https://host/a",
        "https://host/b",
    ]
    assert parts_of("# All\n\nOf it.\n", "https://host/", lambda _: True) == []


@pytest.mark.parametrize("letter", ["\x1b", "\x01", "\x0c", "\x7f", "\ufffe", "\uffff"])
@pytest.mark.parametrize("form", ["{}", "&#{:d};", "&#x{:x};", "&#X000{:X};", "&#00{:d};"])
@pytest.mark.parametrize("tag", ["pre", "h1 id=x", "dl><dt class=sig id=x"])
def test_a_control_character_costs_only_itself(letter: str, form: str, tag: str) -> None:
    said = letter if form == "{}" else form.format(ord(letter))
    page = read(f"<main><{tag}>before {said} after</main>")
    assert re.search(r"before\s+\S?\s*after", page.markdown)


def test_the_marks_of_headings_can_not_be_forged() -> None:
    marks = "&#xe0f0;7&#xE0F1; \ue0f09\ue0f1 &#57584;3&#57585"
    page = read(f"<main><h1 id=one>One</h1><p>{marks}</p></main>")
    assert "{#one}" in page.markdown
    assert page.markdown.count("{#") == 1
