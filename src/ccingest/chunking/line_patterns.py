"""What begins a definition in languages that have no grammar or no query: patterns for their lines.

A group's name is the kind of what is defined, and its text the name. `scope` is what that belongs to.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache

from ccingest.chunking.further_line_patterns import FURTHER

# Kinds of definitions that hold others, where these are indented.
_OUTER = frozenset("class module interface struct enum role object namespace feature trait".split())
# In a shell, what is indented stands in a condition.
_FLAT = frozenset({"bash"})
_MODIFIERS = (
    r"(?:(?:public|private|protected|internal|global|static|final|abstract|virtual|override|async"
    r"|partial|sealed|transient|webservice|testmethod|(?:with|without|inherited)\ sharing|dynamic"
    r"|native|inline|extern|async|friend|shared|shadows|overrides|overridable|mustoverride"
    r"|notoverridable|readonly|default)\s+)*"
)
_C_FUNCTION = r"^(?!return|else|typedef|if|for|while|switch)\w[\w \t*&:<>,]*[ \t*&](?P<function>~?\w+)\s*\([^;{}]{0,400}\)\s*(?:const\s*)?(?:\{|$)"
_BLANKS = re.compile(r"\\s(?=[*+])")
_LONGEST_NAME = 120  # characters
_SEXP = r"[^\s()\[\]\"]+"

_PATTERNS: Mapping[str, str] = {
    **FURTHER,
    "coq": r"^[ \t]*(?:(?:Local|Global|Program|Polymorphic|\#\[[^\]\n]*\])\s+)*(?:(?:Lemma|Theorem|Corollary|Proposition|Fact|Remark|Example)\s+(?P<theorem>[\w']+)|(?:Definition|Fixpoint|CoFixpoint|Function|Let|Instance|Axiom|Parameter|Ltac)\s+(?P<function>[\w']+)|(?:Inductive|CoInductive|Variant|Record|Structure|Class)\s+(?P<type>[\w']+)|(?:Module(?:\s+(?:Type|Import|Export))?|Section)\s+(?P<section>[\w']+)\s*[.(:])",
    "lean": r"^(?:(?:private|protected|noncomputable|partial|unsafe|@\[[^\]\n]*\])\s+)*(?:(?:theorem|lemma)\s+(?P<theorem>[\w.'!?]+)|(?:def|abbrev|instance|axiom|opaque)\s+(?P<function>[\w.'!?]+)|(?:structure|class|inductive)\s+(?P<type>[\w.']+)|(?:namespace|section)\s+(?P<section>[\w.]+))",
    "prolog": r"^(?P<predicate>[a-z]\w*)(?=\(.*|\s*(?::-|-->|\.\s*$))",
    "mercury": r"^:-\s*(?:(?:pred|func)\s+(?P<predicate>\w+)|type\s+(?P<type>\w+)|module\s+(?P<section>[\w.]+))",
    "apex": rf"(?i)^[ \t]*(?!return\b|new\b|else\b|throw\b){_MODIFIERS}(?:class\s+(?P<class>\w+)|interface\s+(?P<interface>\w+)|enum\s+(?P<enum>\w+)|trigger\s+(?P<trigger>\w+)\s+on\b|(?<=\s)(?!return|new|else|throw|insert|update|delete|if|for|while|class|interface|enum)[\w.]+(?:<[\w<>, .]*>)?(?:\[\])?\s+(?P<method>\w+)\s*\([^;={{}}]{{0,400}}\)?\s*(?:\{{|$))",
    "actionscript": rf"^[ \t]*{_MODIFIERS}(?:class\s+(?P<class>\w+)|interface\s+(?P<interface>\w+)|function\s+(?:(?:get|set)\s+)?(?P<method>\w+)\s*\()",
    "vb": rf"(?i)^[ \t]*{_MODIFIERS}(?:(?:sub|function|property(?:\s+(?:get|let|set))?|operator)\s+(?P<function>\w+)|(?:class|structure|type)\s+(?P<class>\w+)\s*$|module\s+(?P<module>\w+)\s*$|interface\s+(?P<interface>\w+)|enum\s+(?P<enum>\w+))",
    "raku": r"^[ \t]*(?:(?:my|our|unit|proto|multi|only|augment|anon)\s+)*(?:(?:class|grammar)\s+(?P<class>[\w:-]+)|role\s+(?P<role>[\w:-]+)|(?:module|package)\s+(?P<module>[\w:-]+)|(?:sub|method|submethod)\s+(?P<function>[!^]?[\w:-]+)|(?:regex|token|rule)\s+(?P<rule>[\w:-]+)|multi\s+(?P<multi>[\w-]+)\s*\()",
    "supercollider": r"^\+?[ \t]{0,2}(?P<class>[A-Z]\w*)(?:\[\w*\])?[ \t]*(?::[ \t]*[A-Z]\w*[ \t]*)?\{|^(?:\t|[ ]{2,4})\*?(?P<method>[a-z_]\w*)[ \t]*\{",
    "v": r"^(?:@\[[^\]\n]*\]\s*)?(?:pub[ ])?(?:fn\s+(?:\(\s*(?:mut\s+)?\w+\s+&?(?P<scope>\w+)[^)\n]*\)\s*)?(?P<function>[\w.]+)|(?:struct|union)\s+(?P<struct>[\w.]+)|interface\s+(?P<interface>\w+)|enum\s+(?P<enum>\w+)|type\s+(?P<type>\w+))",
    "commonlisp": rf"(?i)^\((?:[\w-]+:)?(?:(?:defun|defmethod|defgeneric|define-[\w-]+|deftest|def-[\w-]+)\s+\(?(?P<function>{_SEXP})|defmacro\s+(?P<macro>{_SEXP})|(?:defclass|defstruct|deftype|define-condition)\s+\(?(?P<class>{_SEXP})|(?:defvar|defparameter|defconstant|defsetf)\s+(?P<variable>{_SEXP})|(?:defpackage|defsystem)\s+[#:\"]*(?P<package>[^\s()\"]+))",
    "scheme": rf"^[ \t]{{0,2}}\((?:define-syntax(?:-rule)?\s+\(?(?P<macro>{_SEXP})|define-record-type\s+\(?(?P<type>{_SEXP})|define-(?:library|module)\s+\(?(?P<module>[^()\n]+)|define(?:-[\w*]+|\*)?\s+\(*(?P<function>{_SEXP}))",
    "racket": rf"^[ \t]{{0,2}}\((?:define-syntax(?:-rule)?s?\s+\(?(?P<macro>{_SEXP})|(?:struct|define-struct)\s+\(?(?P<struct>{_SEXP})|module[+*]?\s+(?P<module>{_SEXP})|define(?:[-/][\w*/-]+|\*)?\s+\(*(?P<function>{_SEXP}))",
    "puppet": r"^[ \t]*(?:class\s+(?P<class>[\w:]+)\s*(?:[({{]|inherits\b|$)|define\s+(?P<type>[\w:]+)|type\s+(?P<alias>[A-Z][\w:]*)\s*=|function\s+(?P<function>[\w:]+)|node\s+(?P<node>['\"]?[\w.-]+))".replace("{{", "{"),
    "latex": r"^[ \t]*(?:\\(?:(?:re)?new|provide|Declare(?:Robust|Document)?|NewDocument|RenewDocument)[cC]ommand\*?\s*\{?\s*\\(?P<command>[\w@]+)|\\(?:long\s*)?[egx]?def\s*\\(?P<macro>[\w@:]+)|\\(?:re)?newenvironment\*?\s*\{(?P<environment>[\w*@]+)|\\(?:part|chapter|(?:sub){0,2}section)\*?(?:\[[^\]\n]*\])?\{(?P<section>[^{}\n]+)\}|\\cs_(?:g?set|new)\w*:\w+\s*\\(?P<function>[\w:]+))",
    "tcl": r"^[ \t]*(?:proc\s+(?P<function>[^\s{]+)|namespace\s+eval\s+(?P<namespace>[\w:]+)|(?:oo::class\s+create|itcl::class|snit::type)\s+(?P<class>[\w:]+)|(?:public\s+|private\s+|protected\s+)?method\s+(?P<method>\w+))",
    "crystal": r"^[ \t]*(?:(?:abstract|private|protected)\s+)*(?:def\s+(?:self\.)?(?P<function>[\w?!=]+)|(?:class|struct)\s+(?P<class>[\w:]+)|module\s+(?P<module>[\w:]+)|macro\s+(?P<macro>\w+)|enum\s+(?P<enum>\w+))",
    "coffeescript": r"^[ \t]*(?:class\s+(?:@|exports\.)?(?P<class>[\w.]+)|@?(?:(?:module\.)?exports\.)?(?P<function>[\w$.]+)\s*[:=]\s*(?:\([^()\n]*\)\s*)?[-=]>)",
    "vala": rf"^[ \t]*{_MODIFIERS}(?:class\s+(?P<class>[\w.]+)|interface\s+(?P<interface>\w+)|struct\s+(?P<struct>\w+)|enum\s+(?P<enum>\w+)|namespace\s+(?P<namespace>[\w.]+)|(?<=\s)(?!return|new|else|throw)[\w.<>?\[\]]+\s+(?P<method>\w+)\s*\([^;={{}}]{{0,400}}\)[^;\n]{{0,200}}\{{)",
    "haxe": rf"^[ \t]*(?:@:?\w+(?:\([^)\n]*\))?\s+)*{_MODIFIERS}(?:class\s+(?P<class>\w+)|interface\s+(?P<interface>\w+)|enum\s+(?:abstract\s+)?(?P<enum>\w+)|typedef\s+(?P<type>\w+)|function\s+(?P<method>\w+))",
    "squirrel": r"^[ \t]*(?:class\s+(?P<class>[\w.]+)|(?:local\s+)?function\s+(?P<function>[\w.:]+)|enum\s+(?P<enum>\w+))",
    "ada": r"(?i)^[ \t]*(?:(?:overriding|not\s+overriding|separate)\s+)*(?:(?:procedure|function|entry)\s+(?P<function>[\w.\"]+)|package\s+(?:body\s+)?(?P<package>[\w.]+)|task\s+(?:type\s+|body\s+)?(?P<task>\w+)|type\s+(?P<type>\w+))",
    "hack": rf"^[ \t]*{_MODIFIERS}(?:class\s+(?P<class>\w+)|interface\s+(?P<interface>\w+)|trait\s+(?P<trait>\w+)|enum\s+(?:class\s+)?(?P<enum>\w+)|function\s+(?P<function>\w+))",
    "glsl": _C_FUNCTION + r"|^struct\s+(?P<struct>\w+)",
    "hlsl": r"^[ \t]*(?!return|else|typedef|if|for|while|switch|[ct]buffer|register)\w[\w \t&:<>,]{0,200}[ \t&](?P<function>(?!register\b|if\b|for\b|while\b|switch\b)\w+)\s*\([^;{}]{0,400}\)\s*(?::\s*\w+\s*)?(?:\{|$)|^[ \t]*struct\s+(?P<struct>\w+)|^[ \t]*(?:cbuffer|tbuffer)\s+(?P<buffer>\w+)|^[ \t]*(?:technique\w*\s+(?P<technique>\w+)|Shader\s+\"(?P<shader>[^\"\n]+)\")",
    "sourcepawn": _C_FUNCTION + r"|^(?:enum\s+struct|methodmap|struct)\s+(?P<struct>\w+)",
    "angelscript": r"^[ \t]*(?:(?:final|abstract|shared|mixin)\s+)*class\s+(?P<class>\w+)|" + _C_FUNCTION,
    "swig": _C_FUNCTION + r"|^[ \t]*(?:class|struct)\s+(?P<class>\w+)\s*[:{]",
    "wgsl": r"^(?:@\w+(?:\([^)\n]*\))?\s*)*(?:fn\s+(?P<function>\w+)|struct\s+(?P<struct>\w+))",
    "purescript": r"^(?:(?P<function>[a-z_][\w']*)\s*::|(?:data|newtype|type)\s+(?P<type>[A-Z]\w*)|class\s+(?:.*<=\s*)?(?P<class>[A-Z]\w*))",
    "odin": r"^(?P<function>\w+)\s*::\s*(?:#\w+\s+)?proc\b|^(?P<struct>\w+)\s*::\s*(?:distinct\s+)?(?:struct|union|enum|bit_set)\b",
    "prisma": r"^(?:model|view)\s+(?P<model>\w+)|^(?:enum|type)\s+(?P<type>\w+)",
    "smithy": r"^(?:structure|union|enum|list|map|resource)\s+(?P<type>\w+)|^(?:operation|service)\s+(?P<operation>\w+)",
    "capnp": r"^[ \t]*(?:struct\s+(?P<struct>\w+)|interface\s+(?P<interface>\w+)|enum\s+(?P<enum>\w+))",
    "typst": r"^[ \t]*#?let\s+(?P<function>[\w-]+)\s*[(=]|^=+\s+(?P<section>.+)$",
    "just": r"^@?(?P<recipe>[\w-]+)(?:\s+[^:=\n]*)?:(?!=)",
    "batch": r"^:(?P<label>[A-Za-z_]\w*)",
    "gherkin": r"^[ \t]*(?:(?:Feature|Rule):\s*(?P<feature>\S.*)|(?:Scenario(?:\s+(?:Outline|Template))?|Example|Background):\s*(?P<scenario>\S.*))",
    "antlr": r"^(?:fragment\s+)?(?P<rule>[A-Za-z]\w*)\s*(?:$|:(?!:))|^(?:(?:lexer|parser)\s+)?grammar\s+(?P<grammar>\w+)",
    "yacc": r"^(?P<rule>[a-z_][\w.]*)\s*(?:$(?=\n\s*:)|:(?!=))",
    "nsis": r"(?i)^[ \t]*(?:Function\s+(?P<function>\S+)|!macro\s+(?P<macro>\S+)|Section\s+(?:/o\s+)?\"(?P<section>[^\"\n]+))",
    "texinfo": r"^@(?:chapter|(?:sub){0,2}section|appendix|unnumbered)\s+(?P<section>\S.*)|^@def(?:un|fn|mac|var)x?\s+(?:\{[^}\n]*\}\s+)?(?P<function>[\w-]+)",
    "stata": r"^[ \t]*program\s+(?:define\s+)?(?!drop\b)(?P<program>\w+)",
    "sas": r"(?i)^[ \t]*(?:%macro\s+(?P<macro>\w+)|data\s+(?P<data>[\w.]+)\s*;)",
    "applescript": r"^[ \t]*(?:on|to)\s+(?!error\b)(?P<function>\w+)",
    "autohotkey": r"^[ \t]*(?:class\s+(?P<class>\w+)|(?!(?:if|while|for|switch|loop)\b)(?P<function>\w+)\([^()\n]*\)\s*\{?\s*$)",
    "nushell": r"^[ \t]*(?:export\s+)?(?:def(?:-env)?\s+(?:--\w+\s+)*[\"']?(?P<function>[\w -]{1,80}?)[\"']?\s*\[|module\s+(?P<module>\w+))",
    "idris": r"^(?P<function>[a-z][\w']*)\s+:\s|^(?:data|record|interface)\s+(?P<type>[A-Z]\w*)",
    "agda": r"^(?P<function>[^\s:(){}=;]+)\s+:\s|^(?:data|record)\s+(?P<type>\S+)|^module\s+(?P<module>[\w.]+)",
    "sml": r"^[ \t]*(?:(?:fun|and)\s+(?P<function>[\w']+)|structure\s+(?P<module>\w+)|signature\s+(?P<signature>\w+)|functor\s+(?P<functor>\w+)|datatype\s+(?:'\w+\s+)?(?P<type>\w+))",
    "reason": r"^[ \t]{0,2}(?:let\s+(?:rec\s+)?(?P<function>\w+)\s*=\s*(?:\(|\w+\s*=>)|module\s+(?P<module>\w+)|type\s+(?P<type>\w+))",
    "forth": r"^:\s+(?P<word>\S+)|^(?i:variable|constant|create|value)\s+(?P<variable>\S+)",
    "smalltalk": r"^!?[\w.]+\s+(?:extend|class)?\s*subclass:\s*#?(?P<class>\w+)|^[\w.]+\s+class\s*>>\s*(?P<method>\w+:?)|^[ ]{4}(?P<selector>\w+:?)(?:\s+\w+)?\s*\[\s*$",
    "structured_text": r"(?i)^[ \t]*(?:(?:FUNCTION_BLOCK|PROGRAM|CLASS)\s+(?:(?:ABSTRACT|FINAL|PUBLIC|INTERNAL)\s+)*(?P<class>\w+)|INTERFACE\s+(?P<interface>\w+)|(?:FUNCTION|METHOD|PROPERTY|ACTION)\s+(?:(?:ABSTRACT|FINAL|PUBLIC|PRIVATE|PROTECTED|INTERNAL|OVERRIDE)\s+)*(?P<function>\w+)|TYPE\s+(?P<type>\w+)\s*:|(?P<struct>\w+)\s*:\s*(?:STRUCT\b|\())",
    "awk": r"^[ \t]*func(?:tion)?\s+(?P<function>\w+)",
    "mojo": r"^[ \t]*(?:fn|def)\s+(?P<function>\w+)|^(?:struct|trait|class)\s+(?P<struct>\w+)",
    "move": r"^[ \t]*(?:public(?:\(\w+\))?\s+)?(?:entry\s+|native\s+|inline\s+)*(?:fun\s+(?P<function>\w+)|struct\s+(?P<struct>\w+)|module\s+(?P<module>[\w:]+))",
    "abl": r"(?i)^[ \t]*(?:procedure\s+(?P<procedure>[\w-]+)|function\s+(?P<function>[\w-]+)|class\s+(?P<class>[\w.]+)|method\s+(?:[\w.-]+\s+){0,6}(?P<method>[\w-]+)\s*\()",
    "objectscript": r"^(?:Class\s+(?P<class>[\w.%]+)|(?:Class)?Method\s+(?P<method>[\w%]+)|Query\s+(?P<query>\w+)|Property\s+(?P<property>\w+)|ROUTINE\s+(?P<routine>[\w.]+))",
    "idl": r"(?i)^[ \t]*(?:pro|function)\s+(?P<function>\w+(?:::\w+)?)",
    "gap": r"^[ \t]*(?P<function>\w+)\s*:=\s*function\b|^[ \t]*(?:InstallMethod|InstallGlobalFunction|DeclareOperation|DeclareGlobalFunction|BindGlobal|DeclareAttribute)\(\s*\"?(?P<operation>\w+)",
    "mathematica": r"^(?P<function>[A-Za-z$]\w*)\[[^\n]*\]\s*:?=|^BeginPackage\[\s*\"(?P<package>[^\"\n]+)",
    "limbo": r"^(?P<function>\w+)\([^)\n]*\)(?:\s*:\s*[\w\s()*,]+)?\s*$|^(?P<module>\w+)\s*:\s*module\b",
    "mumps": r"^(?P<label>[A-Za-z%]\w*)(?:\([\w,]*\))?(?=[ \t]|$)",
    "cobol": r"(?i)^.{6}[ ](?P<paragraph>[\w-]+)(?:\s+(?:section|division))?\.\s*$",
    "gosu": rf"^[ \t]*{_MODIFIERS}(?:class\s+(?P<class>\w+)|enhancement\s+(?P<enhancement>\w+)|(?:function|construct)\s+(?P<method>\w+)|property\s+(?:get|set)\s+(?P<property>\w+))",
    # Where the grammar fails on a file, these may find more.
    "scss": r"^[ \t]*(?:@mixin\s+|=|[.#](?=[\w-]{1,120}\s*\([^;{}\n]{0,300}\)\s*(?:when\b[^{}\n]{0,200})?\{))(?P<mixin>[\w-]+)|^[ \t]*@function\s+(?P<function>[\w-]+)|^[ \t]*%(?P<placeholder>[\w-]+)\s*(?:\{|$)",
    "rego": r"^(?:default\s+)?(?!(?:package|import|default|else|not|some|with|as|every)\b)(?P<rule>[A-Za-z_][\w.]*)(?=\s*(?:[({\[=]|:=|if\b|contains\b|$))",
    "bicep": r"^[ \t]*(?:resource\s+(?P<resource>\w+)|module\s+(?P<module>\w+)\s+'|param\s+(?P<parameter>\w+)\s|var\s+(?P<variable>\w+)\s*=|output\s+(?P<output>\w+)\s|(?:type|func)\s+(?P<function>\w+)\s*[=(])",
    "vim": r"^[ \t]*(?:(?:export|legacy)\s+)*(?:(?:static\s+)?(?:def|fu(?:n(?:ction)?)?)!?\s+(?P<function>(?:[sgbwtl]:|<SID>)?[\w.#]+)\s*[(<]|(?:abstract\s+)?class\s+(?P<class>[A-Z]\w*)|interface\s+(?P<interface>[A-Z]\w*)|enum\s+(?P<enum>[A-Z]\w*))",
    "fsharp_signature": r"^[ \t]*(?:\[<[^\]\n]{0,200}>\]\s*)?(?:val\s+(?:(?:inline|mutable|private|internal)\s+)*(?P<function>``[^`\n]+``|\([^)\n]{1,40}\)|[\w']+)|(?:(?:static|abstract)\s+)*(?:member|override|default|abstract)\s+(?:(?:inline|private|internal)\s+)*(?P<method>``[^`\n]+``|[\w']+)|(?:type|and)\s+(?:(?:private|internal)\s+)?(?P<type>[A-Z][\w']*)|module\s+(?:(?:rec|private|internal)\s+)*(?P<module>[\w.]+)|namespace\s+(?P<namespace>[\w.]+)|exception\s+(?P<exception>\w+))",
    "cython": r"^[ \t]*(?:(?:cdef\s+|ctypedef\s+|public\s+|api\s+|packed\s+)*(?:class|cppclass|struct|union|enum)\s+(?:class\s+)?(?P<class>[\w.]+)[^:;\n=]*:|(?:(?:async\s+)?def\s+|cp?def\s+(?!extern\b|class\b|struct\b|enum\b|union\b|packed\b)[\w \t.*&\[\],]{0,200}?\b)(?P<function>\w{1,120})\s*\()",
    "devicetree": r"^[ \t]*(?:(?P<label>\w+):\s*(?:[\w,.+-]+(?:@[\w,.]+)?|/)|(?P<reference>&\w+|&\{[^}\n]+\})|(?P<node>[\w,.+-]+(?:@[\w,.]+)?))\s*\{",
    "fortran": r"(?i)^[ \t]*(?:(?:recursive|pure|elemental|impure|integer|real|logical|complex|character|double|precision|type\(\w+\)|\*\d+|\(\w+(?:=\w+)?\))\s*)*(?:(?:subroutine|function)\s+(?P<function>\w+)|program\s+(?P<program>\w+)|module\s+(?!procedure\b|subroutine\b|function\b)(?P<module>\w+)\s*$)",
    "fsharp": r"^(?:[ ]{4})?let\s+(?:(?:inline|rec|private|internal)\s+)*(?P<function>``[^`\n]+``|[\w']+)(?=\s+[^=\s]|\s*[<(])|^let\s+(?P<value>\w+)|^[ \t]*(?:(?:static|abstract)\s+)*(?:member|override|default)\s+(?:(?:inline|private|internal|val)\s+)*(?:\w+\.)?(?P<method>``[^`\n]+``|[\w']+)|^[ \t]*(?:type|and)\s+(?:(?:private|internal)\s+)?(?P<type>[A-Z][\w']*)|^[ \t]*module\s+(?:(?:rec|private|internal)\s+)*(?P<module>[\w.]+)|^[ \t]*exception\s+(?P<exception>\w+)",
    "dhall": r"^let\s+(?P<binding>[\w-]+)",
    "dafny": r"^[ \t]*(?:(?:ghost|static|opaque)\s+)*(?:(?:method|function|predicate|lemma)\s+(?:\{[^}\n]*\}\s*)?(?P<function>\w+)|(?:class|trait|datatype|module)\s+(?P<class>\w+))",
    "chapel": r"^[ \t]*(?:(?:export|private|public|inline|override)\s+)*(?:(?:proc|iter|operator)\s+(?P<function>[\w.]+)|(?:class|record|module|union|enum)\s+(?P<class>\w+))",
    "gdshader": _C_FUNCTION,
    "robotframework": r"^(?!\*|\#|\.\.\.|\$|@|&|Documentation|Library|Resource|Suite |Test |Variables|Metadata|Default |Force |Task )(?P<keyword>[A-Za-z][^\n]*)",
    "cue": r"^(?P<definition>#\w+)\s*:",
    "stan": r"^(?P<block>functions|data|transformed data|parameters|transformed parameters|model|generated quantities)\s*\{",
}  # fmt: skip


def found_by_pattern(language: str, data: bytes) -> Iterator[tuple[int, int, str, str, int]]:
    """Start, end, name, kind, and how deep it is nested, of each definition of the file.

    Each goes to the next one; what may hold others, to the next such.
    """
    pattern = _pattern(language)
    rows: list[tuple[int, str, str, int]] = []
    for found in pattern.finditer(data) if pattern else ():
        kind = found.lastgroup or ""
        name = " ".join(_text(found[kind]).replace("::", ".").split()).strip("'\"`")
        if scope := found.groupdict().get("scope"):
            name = f"{_text(scope)}.{name}"
        is_indented = data[found.start() : found.start() + 1] in (b" ", b"\t")
        row = (
            found.start(),
            name,
            kind,
            int(is_indented and kind not in _OUTER and language not in _FLAT),
        )
        # Clauses of one predicate follow each other, as do the forms of one function.
        if name and (not rows or rows[-1][1:] != row[1:]):
            rows.append(row)
    outer_end = len(data)
    ends: list[int] = []
    for start, _, _, depth in reversed(rows):
        following = rows[len(rows) - len(ends)][0] if ends else len(data)
        ends.append(following if depth else outer_end)
        if not depth:
            outer_end = start
    for (start, name, kind, depth), end in zip(rows, reversed(ends), strict=True):
        yield start, end, name, kind, depth


def _text(name: bytes) -> str:
    return name.decode("utf-8", "replace")[:_LONGEST_NAME]


@cache
def _pattern(language: str) -> re.Pattern[bytes] | None:
    source = _PATTERNS.get(language)
    if not source:
        return None
    # Blanks of one line: over lines, it would take quadratic time.
    return re.compile(_BLANKS.sub(r"[ \\t\\r]", source).encode(), re.MULTILINE)
