"""What the notices say that programs put at the top of the files that they write.

Some are known by the name of the program. The others say two things: that the file is generated,
and that nobody is to edit it.
"""

from __future__ import annotations

import re

# Programs that write a file whole, and again at each build. Those that write a project's first files
# are not among them: people go on with what they wrote.
_PROGRAMS = (
    r"""
    cython coffeescript livescript ragel thrift javacc jjtree antlr flatc ocamllex ocamlyacc swiftgen
    GNU\ Autoconf aclocal automake autoheader gnulib-tool configure\b config\.status PEG\.js peggy
    nearley jison jison-lex JFlex CUP\ v?\d mockito SWIG tree-sitter rust-bindgen bindgen cbindgen
    the\ gRPC grpc_tools haxe jOOQ roxygen2 racc rexical re2c gperf valac gdbus-codegen
    glib-mkenums glib-genmarshal wayland-scanner qdbusxml2cpp nanopb asn1c lalrpop gleam
    protoc-gen-\w+ swagger-typescript-api graphql-codegen Wrangler the\ protocol\ buffer\ compiler JAXB dagger\b
    glad\b NAPI-RS Appraisal dune,\ edit unplugin-[\w-]+ go-bindata sea-orm-codegen kaitai-struct-compiler
""".replace("\n", " ")
    .replace("\\ ", "\0")
    .split()
)
_BY_PROGRAM = "|".join(_PROGRAMS).replace("\0", r"\ ")

# Parts of the patterns below, in which a blank is written as [ ].
_BY_MACHINE = (
    r"(?:(?:auto(?:matically)?|machine|tool|code)?[ -]?generated|auto-?gen"
    r"|auto(?:matically)?[ -](?:created|produced|written))"
)
_THIS_FILE = (
    r"this[ ](?:(?:source|header|python|go|java|c|test|code)[ ])?"
    r"(?:file|code|class|module|source|header|document|script|package|content|table|schema|interface)"
)
_PART = r"(?:code|mocks|bindings|stubs?|types|client|parser|lexer|scanner|header|source|module)"
_IS = r"(?:is|was|has[ ]been|were|are)(?:[ ]being)?"
# Where a sentence begins.
_START = r"(?:^|(?<=[.!?:;>][ ])|(?<=[-*=][ ]))"
# What follows when it speaks of other files, as in `Generated code lives in gen/`.
_OF_OTHERS = (
    r"(?![^.\n]{0,60}\b(?:are|is|was|were|lives?|goes|go|lands?|belongs?|must|should|can)\b(?!-))"
)
_SAYS_GENERATED = re.compile(
    rf"""
    {_START}(?:
        {_THIS_FILE}\ (?:{_IS}|contains)\ (?:an?\ )?(?:@|\w+ly\ )?{_BY_MACHINE}\b
      | (?:note|warning|attention|notice|caution)[!:, ]+\s*(?:{_THIS_FILE}|it)\ {_IS}\ {_BY_MACHINE}\b
      | (?:this|it)\ {_IS}\ (?:an?\ )?{_BY_MACHINE}\b
      | (?:auto(?:matically)?|machine)[ -]?generated\b{_OF_OTHERS}
      | \*?preprocessed\*?\ version\ of\b
      | generated\ (?:file|code|source|automatically|by|from|with|using|on|at|via|during)\b
        (?!\ (?:files|is|are|lives?|goes|lands?|belongs?|must|should|can|will)\b)
      | {_PART}\ (?:{_IS}\ )?{_BY_MACHINE}\ (?:by|from|with|using)\b{_OF_OTHERS}
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
        (?:edit|modif|change|touch|make\ (?:\w+\ ){0,2}(?:changes|edits|modifications))
    | \b(?:changes|edits|modifications)\b.{0,80}\b(?:lost|overwritten|overridden|discarded)\b
    | \binstead\ of\ editing\b | \bedit\ (?:the\ )?[\w./-]{1,80}(?:\ file)?\ instead\b
    | \bplease\ edit\ (?:the\ )?(?:source|template|original)\b
    | ^edit\ (?:\.{1,2}/)?(?:[\w-]{1,80}/)+[\w.-]{1,80}$
    """,
    re.IGNORECASE | re.MULTILINE | re.VERBOSE,
)
# A sentence that speaks of what a program writes, in the program itself or in its settings.
_SPEAKS_OF_OUTPUT = re.compile(
    r"""
    ^(?:(?:note|warning|attention|notice|caution|important)\W+)?(?!this\b)(?:[\w/-]+\ ){0,3}
        (?:files|outputs?)\ (?!(?:of|from|for|by|with|using|via|in)\b)\w
    | \bthis\ (?:script|program|tool|generator|command|task)\ (?:\w+ly\ )?(?:will|overwrites|rewrites
        |writes|regenerates|generates|recreates|creates|produces|builds|updates|replaces|makes)\b
    | \b(?:(?:changes|edits|modifications)\ (?:made\ )?(?:to|in)|edit|modify|change|touch)
        \ (?:(?:the|any|its|those)\ )?(?:(?:auto-?)?generated|resulting|written|output)\b
    """,
    re.IGNORECASE | re.VERBOSE,
)
_THIS_ONE = re.compile(r"\bthis\ (?:\w+\ )?file\b", re.IGNORECASE)
_WHOLE_NOTICE = re.compile(
    rf"""
    ^(?i:code\ generated)\ .{{0,200}}\b(?i:do\ not\ edit)\b
    | ^\S{{1,60}}\.\w{{1,5}}\ @generated\ by\b | ^`?SeaORM`?\ Entity[.,]\ @?[Gg]enerated\ by\b
    | (?:^|(?i:{_THIS_FILE}|it)\ (?:is|was)\ (?:\w+ly\ )?)(?i:automatically\ )?@(?:partially-)?generated\b
    | ^<auto-?generated\b
    | ^A\ Bison\ parser,\ made\ by\ GNU\ Bison\b
    | ^(?i:a\ lexical\ scanner\ generated\ by\ flex)\b
    """,
    re.MULTILINE | re.VERBOSE,
)
_NAMES_PROGRAM = re.compile(
    rf"""
    ^(?:(?:{_THIS_FILE}|the\ following\ code)\ {_IS}\ |\S+\ +|[\w -]{{1,60}}\ -\ )?
        {_BY_MACHINE}(?:\ automatically)?\ (?:by|using|with|via)[: ]+
        (?:{_BY_PROGRAM})(?!\w|\ (?:is|are|and|or|files|output|can|must|should)\b)
    | ^(?:\S+\ +)?generated\ from\ \S.{{0,200}}?\ by\ (?:ANTLR|configure|config\.status|autoheader)\b
    | ^auto(?:matically)?[ -]?generated\ (?:by|from|using|with)\ `?(?:[\w.-]{{1,80}}/)+[\w-]{{1,80}}\.(?:[cm]?[jt]s|p[ly]|rb|sh|go|php|lua)\b
    | ^(?:\w+\ )?loader\ generated\ by\ glad\b
    | ^\$ANTLR\ \d
    | ^form\ (?:implementation\ )?generated\ from\ reading\ ui\ file\b
    | ^meta\ object\ code\ from\ reading\ c\+\+\ file\b
    | ^resource\ object\ code\b
    | ^this\ always\ generated\ file\ contains\b
    | ^(?:\S+\.py\.\ )?this\ file\ automatically\ created\ by\ PLY\b
    | ^(?:ansi-c|c|c\+\+|kr-c)\ code\ produced\ by\ gperf\b
    | ^description:\ verilator\ output\b
    | ^auto-generated:\ "lalrpop\b
    | ^gimp\ (?:\S+\ c-source\ image\ dump|header\ image\ file\ format)\b
    """,
    re.IGNORECASE | re.MULTILINE | re.VERBOSE,
)
_OF_TEMPLATE = re.compile(
    r"^\S+\.in\.?\ +generated\ (?:from\ \S+\ |automatically\ )?by\ auto(?:make|header)\b",
    re.IGNORECASE | re.MULTILINE,
)
# Before a class: the program that wrote it, its class or its address.
_ANNOTATION = re.compile(
    r"""^\ufeff?@(?:\w+\.){0,4}Generated\(\s*(?:value\s*=\s*)?\{?\s*"(?:by\s|https?://|\w+\.[\w.]+")""",
    re.MULTILINE,
)

# One of them is in all that have a notice. To look for these is quicker than for one pattern.
_SIGNS = (
    "generated", "autogen", "auto-gen", "automatically", "$antlr", "object code", "produced by",
    "verilator", "gimp", "bison parser", "preprocessed",
)  # fmt: skip

_SENTENCE_END = re.compile(r"[.!?:;>]$")
_BETWEEN_SENTENCES = re.compile(r"(?<=[.!?])\s+")


def may_hold_notice(head: str) -> bool:
    """Whether it is worth while to look for a notice."""
    lowered = head.lower()
    return any(sign in lowered for sign in _SIGNS)


def is_notice(comment: str) -> bool:
    """Whether the comment says that a program wrote the file that it stands in."""
    sentences = _joined(comment)
    if _WHOLE_NOTICE.search(sentences) or _NAMES_PROGRAM.search(sentences):
        return True
    if not _SAYS_GENERATED.search(sentences):
        return False
    own = _of_the_file(sentences)
    return bool(_SAYS_GENERATED.search(own) and _SAYS_HANDS_OFF.search(own))


def is_notice_of_template(comment: str) -> bool:
    """Whether the comment says that a program wrote this template, not what is made of it."""
    return _OF_TEMPLATE.search(comment) is not None


def has_annotation(head: str) -> bool:
    """Whether an annotation before a class says which program wrote it."""
    return _ANNOTATION.search(head) is not None


def _of_the_file(sentences: str) -> str:
    """Without the sentences that speak of what a program writes."""
    return "\n".join(
        " ".join(
            sentence
            for sentence in _BETWEEN_SENTENCES.split(line)
            if _THIS_ONE.search(sentence) or not _SPEAKS_OF_OUTPUT.search(sentence)
        )
        for line in sentences.split("\n")
    )


def _joined(comment: str) -> str:
    """The comment with a sentence that runs over several lines on one line."""
    joined = ""
    before = ""
    for line in comment.split("\n"):
        goes_on = before and not _SENTENCE_END.search(before) and line[:1].islower()
        joined += f"{' ' if goes_on else chr(10)}{line}"
        before = line
    return joined
