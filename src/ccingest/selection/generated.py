"""Whether a program wrote a file: what the comment at its top says, and how long its lines are.

A notice counts only where it speaks of the file that it stands in. Programs that write such notices
hold the same words, in strings, in comments that describe their output, and in templates.
"""

from __future__ import annotations

import re

# Generated prose is worth searching.
_PROSE = (".md", ".mdx", ".rst", ".txt", ".adoc", ".org")
# In a template, the notice is meant for what is made of it.
_TEMPLATES = tuple(
    """.tmpl .tpl .template .gotmpl .j2 .jinja .jinja2 .mustache .hbs .handlebars .ejs .erb .eex
    .tt .ftl .vm .liquid .njk .in .mako .dtl .gtpl .sbn .scriban .stencil""".split()
)
_HEAD = 3000  # characters at the start of a file, where the comment with the notice is looked for

_BLOCKS = {"/*": "*/", "<!--": "-->", "(*": "*)", "{-": "-}", '"""': '"""', "'''": "'''",
           "--[[": "]]", "=begin": "=end", "#|": "|#", "<#": "#>", "%{": "%}"}  # fmt: skip
_BLOCK_START = re.compile("|".join(map(re.escape, _BLOCKS)))
_LINE_COMMENT = re.compile(r"//+!?|#+!?|--+|;+|%+|'|\"(?=\s)|dnl\b|@?rem\b|\.\\\"|!", re.IGNORECASE)
# Code that may stand above the notice.
_PREAMBLE = re.compile(
    r"<\?(?:xml|php|hh)?|<!DOCTYPE|package\b|['\"]use \w+['\"];?$|\\?@?charset\b", re.IGNORECASE
)
_FRAME = re.compile(r"^[\s*/#;%!|=+~_-]+|(?<![\s*/#=+~_|-])[\s*/#=+~_|-]+$")
_SENTENCE_END = re.compile(r"[.!?:;>]$")

# Parts of the pattern below, in which a blank is written as [ ].
_BY_MACHINE = r"(?:(?:auto(?:matically)?|machine|tool|code)?[ -]?generated|auto-?gen)"
_THIS_FILE = (
    r"this[ ](?:(?:source|header|python|go|java|c|test|code)[ ])?"
    r"(?:file|code|class|module|source|header|document|script|package|content|table|schema|interface)"
)
_IS = r"(?:is|was|has[ ]been|were|are)(?:[ ]being)?"
# Where a sentence begins.
_START = r"(?:^|(?<=[.!?:;>][ ])|(?<=[-*=][ ]))"
_SAYS_GENERATED = re.compile(
    rf"""
    {_START}(?:
        {_THIS_FILE}\ (?:{_IS}|contains)\ (?:an?\ )?(?:@|\w+ly\ )?{_BY_MACHINE}\b
      | (?:note|warning|attention|notice|caution)[!:, ]+\s*(?:{_THIS_FILE}|it)\ {_IS}\ {_BY_MACHINE}\b
      | (?:this|it)\ {_IS}\ (?:an?\ )?{_BY_MACHINE}\b
      | (?:auto(?:matically)?|machine)[ -]?generated\b
        (?![^.\n]{{0,60}}\b(?:are|is|was|were|lives?|goes|belongs?|must|should|can)\b)
      | generated\ (?:file|code|source|automatically|by|from|with|using|on|at|via)\b
        (?!\ (?:files|is|are|lives?|goes|belongs?)\b)
      | (?:do\ not|don't)\ (?:edit|modify|change)\b.{{0,40}}?[\W_]
        (?:it|(?:this|the)(?:\ file)?)\ {_IS}\ (?:\w+ly\ )?{_BY_MACHINE}\b
      | (?:do\ not|don't)\ (?:edit|modify|change)(?:\ this\ file)?\W+
        (?:auto(?:matically)?[ -]?)generated\b
    )
    """,
    re.IGNORECASE | re.MULTILINE | re.VERBOSE,
)
_SAYS_HANDS_OFF = re.compile(
    r"""
    \b(?:do\ not|don't|should\ not|shouldn't|must\ not|never|not\ (?:intended|meant)\ to\ be)
        (?:\ be|\ manually|\ hand|\ to|\ directly)*[ -]
        (?:edit|modif|change|touch|make\ (?:any\ )?(?:manual\ )?(?:changes|edits))
    | \b(?:changes|edits|modifications)\b.{0,80}\b(?:lost|overwritten|overridden|discarded)\b
    | \binstead\ of\ editing\b
    """,
    re.IGNORECASE | re.VERBOSE,
)
_WHOLE_NOTICE = re.compile(
    rf"""
    ^(?i:code\ generated)\ .{{0,200}}\b(?i:do\ not\ edit)\b
    | (?:^|(?i:{_THIS_FILE}|it)\ (?:is|was)\ (?:\w+ly\ )?)@(?:partially-)?generated\b
    | ^<auto-?generated\b
    | ^(?i:generated\ by\ (?:cython|coffeescript|ragel|thrift|javacc|antlr|flatc|ocamllex)\b)
    | ^(?i:generated\ using\ swiftgen\b)
    | ^A\ Bison\ parser,\ made\ by\ GNU\ Bison\b
    | ^(?i:a\ lexical\ scanner\ generated\ by\ flex)\b
    """,
    re.MULTILINE | re.VERBOSE,
)

_MAY_SAY_SO = re.compile("generated|Bison parser", re.IGNORECASE)

# In these, long lines are a sign of minified code. Prose and data have long lines anyway.
_MINIFIABLE = (".js", ".mjs", ".cjs", ".css", ".html", ".svg", ".json", ".geojson", ".topojson")
_MARKUP = (".html", ".svg")  # people write whole paragraphs in one line
_LONG_LINE = 300  # characters a line on average; more is minified
_LONG_LINE_OF_MARKUP = 1000
_MINIFIED_LEAST = 5_000  # characters; a smaller file is not
_LONG_SHARE = 0.1  # of the lines; in a file with fewer long ones, those hold data
# Data within code: an image, a font, a source map, a text.
_INLINE_DATA = re.compile(r"data:[\w./+-]+[;,][^\s\"'`)<>]{100,}|([\"'`])[^\"'`\n\\]{300,}\1")


# A font or an image in base64 or hexadecimal digits, as a JSON or a module holds it.
_ENCODED = re.compile(r"[A-Za-z0-9+/_=-]{300,}")
_ENCODED_LEAST = 5_000  # characters
_ENCODED_LINE = 300  # characters a line on average; only then is it worth while to look
_BESIDE_ENCODED = 500  # characters; whoever wrote more beside the data wants to find that


def is_encoded(text: str) -> bool:
    """Whether a text is binary data in another form, such as a font in base64."""
    if len(text) < max(_ENCODED_LEAST, _ENCODED_LINE * (text.count("\n") + 1)):
        return False
    encoded = sum(len(run[0]) for run in _ENCODED.finditer(text))
    return len(text) - encoded < _BESIDE_ENCODED


def is_generated(path: str, text: str) -> bool:
    """Whether the comment at the top says that a program wrote this file.

    >>> is_generated("a.go", "// Code generated by x. DO NOT EDIT.")
    True
    >>> is_generated("a.py", 'HEAD = "Code generated by x. DO NOT EDIT."')
    False
    """
    head = text[:_HEAD]
    lowered = path.lower()
    if not _MAY_SAY_SO.search(head) or lowered.endswith((*_PROSE, *_TEMPLATES)):
        return False
    comment = _top_comment(head)
    if _WHOLE_NOTICE.search(comment):
        return True
    sentences = _joined(comment)
    return bool(_SAYS_GENERATED.search(sentences) and _SAYS_HANDS_OFF.search(sentences))


def is_minified(path: str, text: str) -> bool:
    """Whether a program took the line ends out of the code, to make it small."""
    lowered = path.lower()
    if len(text) < _MINIFIED_LEAST or not lowered.endswith(_MINIFIABLE):
        return False
    longest = _LONG_LINE_OF_MARKUP if lowered.endswith(_MARKUP) else _LONG_LINE
    if len(text) <= longest * (text.count("\n") + 1):
        return False
    code = _INLINE_DATA.sub("", text)
    lines = [line for line in code.split("\n") if line.strip()]
    if len(code) < _MINIFIED_LEAST or len(code) <= longest * len(lines):
        return False
    return sum(len(line) > longest for line in lines) > _LONG_SHARE * len(lines)


def _top_comment(head: str) -> str:
    """The text of the comments before the first line of code, without the marks around it."""
    found: list[str] = []
    closing = ""
    for raw in head.split("\n"):
        line = raw.strip().removeprefix("\ufeff")
        while closing or (start := _BLOCK_START.match(line)):
            if not closing and start:
                line, closing = line[start.end() :], _BLOCKS[start[0]]
            text, end, line = line.partition(closing)
            found.append(_FRAME.sub("", text))
            if not end:
                break
            closing, line = "", line.strip()
        if closing:  # the block goes on, and so may its sentence
            continue
        if mark := _LINE_COMMENT.match(line):
            found.append(_FRAME.sub("", line[mark.end() :]))
        elif not line:
            found.append("")
        elif not _PREAMBLE.match(line):
            break
    return "\n".join(found)


def _joined(comment: str) -> str:
    """The comment with a sentence that runs over several lines on one line."""
    joined = ""
    for line in comment.split("\n"):
        goes_on = joined and not _SENTENCE_END.search(joined) and line[:1].islower()
        joined += f"{' ' if goes_on else chr(10)}{line}"
    return joined
