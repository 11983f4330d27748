"""Good texts of each kind, from which hostile ones are made."""

from __future__ import annotations

import json
from pathlib import Path

import ccingest

_ID = "1234567890abcdef1234567890abcdef12345678"

REFERENCES = (
    "org/repo", "github.com/org/repo", "https://github.com/org/repo.git", "git@github.com:o/r.git",
    "https://github.com/org/repo/tree/feature/x", "ssh://git@host:22/org/repo", "./folder", "~/x",
    "file:///tmp/x", "https://[::1]:8443/o/r", "http://127.0.0.1:80/o/r", "localhost/o/r", ".", "..",
    "https://example.org/o/r?token=x&a=b#c", "git+ssh://h/o/r", "org", "orgs/org", "HOST:99999/o/r",
)  # fmt: skip
BRANCHES = (
    "main", "feature/x", "refs/heads/main", "v1.0", "caf\\xe9", "refs/pull/7/head", "me@host", "HEAD",
)  # fmt: skip
GLOBS = (
    "*.py", "**/*.py", "src/**", "!tests/**", "/docs/", "a?b", "[a-z]*", "[!a]", "\\*", "{a,b}",
    "**/**/a/**", "a/**/b", "*a*b*c", "./src", "# comment", "!", "a\\", "[[:alpha:]]", "[\\]]",
)  # fmt: skip
CONFIGS = (
    'gh_host = "git.example.org"\nmodel = ""\nchunk_char_target = 1000\nchunk_char_overlap = 100\n',
    'embedding_batch_size = 256\nclone_cache_mb = 10\nhistory_days = 7\n[other]\na = [1, 2, {b = 3}]\n',
    'model = """\nx"""\nhistory_days = 0x7\nclone_cache_mb = 1e3\nd = 1979-05-27T07:32:00Z\n',
)  # fmt: skip
IGNORES = (
    "# comment\n*.log\nbuild/\n!keep.log\n/a/b\n**/x/**\n[a-z]*.py\n\\#x\n a \n",
    "\n".join(f"dir{number}/*.{number}" for number in range(80)),
)
ATTRIBUTES = (
    '*.py linguist-generated\n*.js -linguist-vendored\n"a b" linguist-language=Perl\n'
    "[attr]made linguist-generated=true\n*.pb.* made\nvendor/** !linguist-vendored\n",
    "*.inc linguist-language=C++\n* linguist-generated=false text=auto eol=lf\n",
)
PATHS = (
    "a.py", "src/pkg/mod.py", "tests/test_a.py", "docs/a b.md", "vendor/x/y.js", "a" * 255,
    "a/" * 100 + "b", "é/漢.go", "x.min.js", "dir7/a.7", "-rf", "a\\b", "a*b", "build/keep.log",
)  # fmt: skip
NOTEBOOKS = tuple(
    json.dumps(document, indent=indent)
    for indent in (None, 1)
    for document in (
        {
            "cells": [
                {"cell_type": "code", "source": ["x = 1\n", "%time y\n"], "outputs": [{"a": "b"}]},
                {"cell_type": "markdown", "source": "# Title\n\ntext", "metadata": {}},
                {"cell_type": "code", "source": ["%%bash\n", "ls"], "execution_count": 3},
            ],
            "metadata": {"kernelspec": {"language": "python", "name": "python3"}},
            "nbformat": 4,
        },
        {"worksheets": [{"cells": [{"cell_type": "code", "input": ["y"], "language": "r"}]}]},
    )
)
LISTINGS = (
    json.dumps(
        [
            {"full_name": "o/r", "size": 3, "default_branch": "main", "archived": False},
            {"full_name": "o/s", "size": 0, "fork": True, "disabled": None, "private": True},
        ]
    ),
    '{"message": "API rate limit exceeded", "documentation_url": "https://docs.github.com"}',
    "[" * 2000,
)
HEADERS = (
    '<https://api.github.com/orgs/o/repos?page=2>; rel="next", <https://x/?page=9>; rel="last"',
    "Thu, 26 Nov 2026 09:00:00 GMT", "60", "0", "1795683600", "<>; rel=next", "-1", "1e9", "nan",
)  # fmt: skip
QUESTIONS = (
    "how is a job claimed?", "Chunk.text", "parse_reference", "src/ccingest/store/arrays.py:10",
    "where are secrets hidden in `hide_secrets(text)`", "class Foo(Bar):", "404", "漢字 の 検索", "a",
)  # fmt: skip
ADDRESSES = (
    "https://docs.example.org/a/b.html?x=1&y=2#part", "../c/./d//e", "//other.example/x", "?q=1", "#a",
    "http://[::1]:8080/a", "https://user:pw@host/a", "/%7Ea/%2e%2e/b", "mailto:a@b", "javascript:x()",
    "HTTPS://DOCS.Example.org:443/A%20B", "https://xn--bcher-kva.example/ü", "data:text/html,x", "/a;b=c",
)  # fmt: skip
HTML = (
    "<!doctype html><html lang='en'><head><title>T &amp; U</title><meta charset='utf-8'>"
    "<link rel='canonical' href='/a/b'><link rel='alternate' hreflang='de' href='/de/a'>"
    "<meta name='robots' content='noindex'><base href='/x/'></head><body><nav><a href='a'>A</a></nav>"
    "<main><h1 id='one'>One</h1><p>Text <code>x</code> <a href='b?c=d#e'>b</a></p>"
    "<pre class='language-py'><code>def f():\n  return 1</code></pre><dl><dt>a<dd>b</dl>"
    "<table><tr><th>a<td>b</table><h2>Two<a class='headerlink' href='#two'>#</a></h2></main></body></html>",
    "<meta http-equiv=refresh content='0; url=/next'><frameset><frame src=a></frameset>",
    "<svg><style><![CDATA[x]]></style></svg><template><p>a</template><textarea><b>",
    "<div>" * 600 + "deep", "<table><tr><td class=gutter><pre>1</pre><td><pre>x</pre></table>",
)  # fmt: skip
CONTENT_TYPES = (
    "text/html; charset=utf-8", "text/html;charset=utf-16", "text/markdown", "text/plain; charset=zlib",
    "application/xhtml+xml", "", "text/html; charset=x-user-defined", "text/html; charset=idna",
)  # fmt: skip
ROBOTS = (
    "User-agent: *\nDisallow: /private\nAllow: /private/a$\nCrawl-delay: 2\nSitemap: /s.xml\n",
    "User-agent: ccingest\nDisallow: /*a*b*c\nRequest-rate: 1/10s\nVisit-time: 0600-0845\n",
)
SITEMAPS = (
    "<?xml version='1.0'?><urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'><url><loc>"
    "https://docs.example.org/a</loc><lastmod>2026-01-01</lastmod></url></urlset>",
    "<sitemapindex><sitemap><loc>https://docs.example.org/s2.xml</loc></sitemap></sitemapindex>",
    "<!DOCTYPE a [<!ENTITY b 'c'><!ENTITY d '&b;&b;'>]><urlset><url><loc>&d;</loc></url></urlset>",
    "https://docs.example.org/a\nhttps://docs.example.org/b\n",
)
LLMS = (
    "# Title\n\n- [A](https://docs.example.org/a.md): about\n- [B](</b (c).md> 'x')\n",
    "# One\nSource: https://docs.example.org/one\n\ntext\n\n# Two\n\nURL: <https://docs.example.org/2>\nx\n",
    "---\ntitle: a\nurl: '/one'\n---\ntext\n---\nurl: /two.md\nx: y\n---\nmore\n",
)
ANSWERS = (
    'HTTP/1.1 200 OK\nContent-Type: text/html\nETag: "a"\nLast-Modified: Thu, 26 Nov 2026 09:00:00 GMT\n\n',
    "HTTP/1.1 301 Moved\nLocation: /a/../b?c\nContent-Length: 0\n\n",
    "HTTP/1.1 200 OK\nContent-Type: text/html\nTransfer-Encoding: chunked\n\n5\nhello\n0\n\n",
    "HTTP/1.0 200 OK\nContent-Type: text/markdown; charset=latin-1\nContent-Encoding: gzip\n\n",
    "HTTP/1.1 429 Slow\nRetry-After: 7\nContent-Length: 3\n\nno\n",
    "HTTP/1.1 103 Early\nLink: </a>; rel=preload\n\nHTTP/1.1 200 OK\nContent-Type: text/plain\n\n",
)


def _packet(text: str) -> str:
    return f"{len(text.encode()) + 4:04x}{text}"


ADVERTISEMENTS = (
    _packet("# service=git-upload-pack\n")
    + "0000"
    + _packet(f"{_ID} HEAD\0multi_ack symref=HEAD:refs/heads/main object-format=sha1\n")
    + _packet(f"{_ID} refs/heads/main\n")
    + _packet(f"{_ID} refs/tags/v1\n")
    + _packet(f"{_ID} refs/tags/v1^{{}}\n")
    + "0000",
    _packet("# service=git-upload-pack\n") + "0000" + _packet("ERR no such repository\n"),
    _packet("# service=git-upload-pack\n")
    + "0000"
    + _packet(f"{'0' * 40} capabilities^{{}}\0agent=x")
    + "0000",
)

# What people keep in repositories, by the name of a file.
SOURCES: tuple[tuple[str, str], ...] = (
    ("a.js", "export class A { #x = `${1}`; static async *b() { return /[/]/g } }\n"),
    ("a.ts", "type A<T> = { [k in keyof T]?: T[k] };\nfunction f<T>(a: T): a is T { return true }\n"),
    ("a.vue", '<template><a :b="c"/></template>\n<script setup lang="ts">\nconst x = 1\n</script>\n'),
    ("a.cpp", '#define X(a) a##_\n#if 0\nint x;\n#endif\ntemplate<class T> T f() { return R"(x)"; }\n'),
    ("a.h", "@interface A : NSObject\n- (void)b:(int)c;\n@end\n"),
    ("a.go", "package a\n\nfunc (r *R) M() error { return nil }\n"),
    ("a.rs", 'impl<T: A + \'static> B for C<T> { fn d(&self) -> &str { r#"x"# } }\n'),
    ("a.rb", "class A < B\n  def c = <<~X\n    #{d}\n  X\nend\n"),
    ("a.pl", "package A;\nsub b { my ($x) = @_; return qq{$x}; }\n=pod\n\nx\n\n=cut\n"),
    ("a.md", "# Title\n\n## Part\n\n- a\n  - b\n\n```py\nx\n```\n\n| a | b |\n| - | - |\n"),
    ("a.html", "<html><script>var a = '</scr' + 'ipt>'</script><style>a{b:c}</style></html>\n"),
    ("a.yaml", "a: &b\n  - *b\n  - {c: d}\n--- |\n  x\n"),
    ("a.sql", "CREATE FUNCTION f() RETURNS int AS $$ BEGIN RETURN 1; END $$ LANGUAGE plpgsql;\n"),
    ("a.java", "package a; @B(c = \"\\u0000\") class D<E> { record F(int g) {} }\n"),
    ("a.ipynb", NOTEBOOKS[0]),
    ("a.v", "module m(input a, output reg b);\nalways @(posedge a) b <= ~b;\nendmodule\n"),
    ("a.tf", 'resource "a" "b" {\n  c = "${d}"\n}\n'),
    ("Makefile", "a: b\n\t$(C) $@\nifdef X\nendif\n"),
    ("a.sh", "#!/bin/bash\ncat <<EOF\n$(x `y`)\nEOF\n"),
    ("a.php", "<?php class A { function b(): ?C { return <<<X\ny\nX; } } ?>\n<b>\n"),
)  # fmt: skip
PYTHON: tuple[tuple[str, str], ...] = tuple(
    (path.name, path.read_text(encoding="utf8"))
    for path in sorted(Path(ccingest.__file__).parent.glob("sources/*.py"))
)
