"""What tells languages apart that share a suffix: words of the text.

The rules follow what is publicly known of these languages and of how github-linguist tells them
apart. They see the text without licences and other comments, which are prose.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

from ccingest.languages.configuration_signs import ASSEMBLER, CONFIGURATION
from ccingest.languages.further_signs import FURTHER

_READ = 50_000  # characters of a file that are looked at, comments left out
_WITH_COMMENTS = 300_000  # with them; some files begin with a whole manual
_START = 2_000  # where all signs of an ending stand at the start

# No sign needs more than so much of a line or of a run of blanks. So a sign that would take
# quadratic time for a long line takes linear time for a file.
_LINE = 200
_REST_OF_LINE = re.compile(rf"^(.{{{_LINE}}}).+", re.MULTILINE)
_BLANKS = re.compile(r"[ \t\r\f\v]{9,}")
_BLANK_LINES = re.compile(r"\n(?:[ \t\r\f\v]*\n){2,}")

_C_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)|//[^\n]*", re.DOTALL)
# Headers in C often have a part for C++ or Objective-C. It says nothing of the file.
_FOR_OTHERS = re.compile(
    r"^[ \t]*#[ \t]*if(?:def)?\b[^\n]*(?:__cplusplus|__OBJC__).*?(?:^[ \t]*#[ \t]*(?:endif|else|elif)|\Z)",
    re.MULTILINE | re.DOTALL,
)
_ML_COMMENT = re.compile(r"\(\*(?!\)).*?(?:\*\)|\Z)", re.DOTALL)  # `@(*)` is Verilog
_FOR_C = re.compile(r"^[ \t]*extern[ \t]+\"C\"", re.MULTILINE)
_LINE_COMMENTS: Mapping[str, re.Pattern[str]] = {
    mark: re.compile(rf"^[ \t]*{mark}[^\n]*", re.MULTILINE)
    for mark in ("%", "#", "--", ";", r"\\ ")
}
# suffix: what begins a line that is a comment; C's comments where nothing is said
_COMMENTS = {
    ".pl": "#", ".pm": "#", ".t": "#", ".r": "#", ".pp": "#", ".cls": "%", ".bb": "#", ".ml": "",
    ".md": "", ".scm": ";", ".ts": "", ".fs": "", ".f": "", ".for": "", ".gd": "#", ".asm": ";",
    ".b": "#", ".dsp": "", ".es": "", ".ex": "--", ".e": "--", ".g": "", ".i": "", ".l": "", ".mod": "", ".mt": "", ".p": "",
    ".plt": "", ".pod": "", ".rules": "", ".sls": "", ".spec": "", ".st": "", ".tab": "--", ".toc": "",
    ".tst": "", ".vba": "", ".w": "", ".scd": "", ".sch": "", ".trigger": "",
    **dict.fromkeys((f".{number}" for number in range(1, 10)), ""),
    ".re": "", ".pro": "", ".conf": "#", ".cfg": "#", ".cnf": "#", ".gp": "#", ".plot": "#", ".src": ";", ".tpl": "", ".tmpl": "", ".gotmpl": "", ".tt": "", ".cdf": "", ".do": "", ".fc": ";", ".install": "#", ".theme": ";", ".typ": "",
}  # fmt: skip


def _signs(*pairs: tuple[str, str]) -> tuple[tuple[str, str], ...]:
    return pairs


@cache
def compiled(sign: str) -> re.Pattern[str]:
    """At its first use: to compile all takes 16 ms, and most repositories need few."""
    return re.compile(sign, re.MULTILINE)


_OBJC = (
    r"^[ \t]*@(?:interface|protocol|class|implementation|end|import|property|autoreleasepool)\b"
    r"|^[ \t]*#\s*import\b|\bNS_ASSUME_NONNULL|\bNS_(?:ENUM|OPTIONS)\s*\(|\bFOUNDATION_EXPORT\b"
    r"|\bNS(?:String|Array|Dictionary|Object|Integer|UInteger|Error)\b|\[\s*(?:self|super)\s"
)
_CPP = (
    r"^[ \t]*(?:template\s*<|(?:inline\s+)?namespace\b[ \t\w:]*\{|namespace\s+[\w:]+\s*$"
    r"|using\s+(?:namespace\s+)?[\w:]+\s*[;=]|(?:enum\s+)?class\s+[^;(){}=\n]*(?:[:{;]|$)"
    r"|(?:public|private|protected)\s*:|friend\s+\w)"
    r"|^[ \t]*#\s*include\s*<(?:[a-z_]+|[\w/.]+\.(?:hpp|hh|hxx))>|^[ \t]*#\s*include\s*\"[^\"\n]+\.(?:hpp|hh|hxx)\""
    r"|\b[A-Za-z_]\w*::~?[A-Za-z_]|\bvirtual\s+[~\w]|\)\s*(?:const\s*)?(?:override|noexcept|final)\b"
    r"|\)\s*const\s*(?:[;{=]|$)|=\s*(?:default|delete)\s*;|\b(?:static|dynamic|const|reinterpret)_cast\s*<"
    r"|\btypename\s+\w|\b(?:nullptr|constexpr|decltype|consteval|constinit)\b|\boperator\s*(?:[-+*/=<>!&|\[(]|bool\b)"
    r"|\bstruct\s+(?:\w+\s+)?\w+(?:\s+final)?\s*:\s*(?:public|private|protected|virtual|[A-Za-z_][\w:<>, ]*)\s*[{,]"
    r"|\bconst\s+\w+(?:<[^<>\n]*>)?\s*&\s*\w*\s*[,)]|\bexplicit\s+\w+\s*\("
    r"|\bextern\s+\"C\+\+\""
)
_C_DIRECTIVE = r"^[ \t]*#\s*(?:include|define|ifn?def|if|pragma|undef)\b"
_VERILOG = (
    r"^[ \t]*`(?:timescale|include|define|ifn?def|default_nettype|undef|resetall)\b"
    r"|^[ \t]*(?:module|macromodule|primitive|interface|package)\s+\\?\w+\s*(?:#|\(|;)|\bend(?:module|primitive|case|task)\b"
    r"|^[ \t]*always(?:_ff|_comb|_latch)?\s*(?:@|begin)|^[ \t]*initial\s+begin"
    r"|^[ \t]*(?:assign|wire|reg|localparam|parameter)\s+[^:=]*[\[\w].*[;,]"
)
_COQ = (
    r"^[ \t]*(?:Require|From\s+[\w.]+\s+Require|Theorem|Lemma|Corollary|Definition|Fixpoint|CoFixpoint"
    r"|Inductive|CoInductive|Record|Proof|Qed|Section|Hypothesis|Variables?|Axiom|Notation"
    r"|Ltac|Instance|Class|Module|Parameter|Import|Export|Hint|Set|Unset|Arguments|Local)\b[^;{(\n]*?[.:]?\s*(?:\.|:|$)"
)
_V = r"^(?:module \w+$|import \w|(?:pub )?(?:fn|struct|enum|const|interface|type)\b|@\[|mut )"
_PERL = (
    r"^[ \t]*use\s+(?:strict|warnings|v?5|constant|lib|base|parent|utf8|POSIX|[A-Z]\w*(?:::\w+)*\s*(?:;|\(|qw|['\"]))"
    r"|^[ \t]*package\s+[\w:]+\s*[;{]|^[ \t]*(?:my|our|local)\s*[\$@%(]|^[ \t]*sub\s+\w+\s*(?:\(|\{|$)|^[ \t]*=(?:head\d|pod|cut)\b"
    r"|^[ \t]*(?:print|printf|die|require|push|return)\b.*;\s*$|[\$@]\w+->|=~\s*[ms]?/"
)
_RAKU = (
    r"^[ \t]*use\s+v6\b|^[ \t]*(?:unit\s+)?(?:module|class|role|grammar)\s+[\w:-]+(?:\s+(?:is|does)\s|\s*;\s*$)"
    r"|^[ \t]*unit\s|^[ \t]*(?:my|our)\s+(?:grammar|role|class|module|[A-Z]\w*\s+[\$@%])|^[ \t]*multi\s+(?:sub|method|MAIN)?"
    r"|^[ \t]*(?:sub\s+MAIN|grammar\s+\w+|role\s+\w+|token\s+\w+\s*\{)|^[ \t]*has\s+.*[\$@%][.!]\w|\bsay\s+.*\.\w+;$"
    r"|^[ \t]*use\s+(?:Test|NativeCall)\s*;"
)
_PROLOG = r"^[ \t]*:-|^[a-z]\w*(?:\([^%#\n]*\))?\s*(?::-|-->)|^[a-z]\w*\([^()$\n]*\)\.\s*$"
_PROLOG_DIRECTIVE = (
    r"^:-\s*(?:module|use_module|ensure_loaded|dynamic|initialization|set_prolog_flag|multifile)\b"
)
_FORTH = (
    r"^[ \t]*: \S+(?:\s|$)|^[ \t]*(?:VARIABLE|CONSTANT|CREATE|INCLUDE)\s+\S|^\\ |\bnew-device\b"
)
_GLSL = (
    r"^[ \t]*#\s*version\s+\d|^[ \t]*precision\s+\w+\s+float|^[ \t]*(?:uniform|varying|attribute|in|out)\s+(?:\w+\s+)?(?:vec|mat|sampler|float|int)"
    r"|\bvoid\s+main\s*\(|\bgl_(?:Position|FragColor|FragCoord|Vertex)\b"
)
_PASCAL = r"^[ \t]*(?:program|unit|library|uses|interface|implementation|procedure|function|begin|type|var|const)\b[^=>{\n]*;?[ \t]*$|\{\$\w"
# Parts of a Pascal unit, which are no unit.
_PASCAL_PART = (
    r"\{\$[A-Za-z]|^[ \t]*(?i:procedure|function|constructor|destructor)\s+\w[\w.]*\s*(?:[;:]|\(\s*(?:(?:const|var|out)\s+)?\w+[ \t\w,]*:|$)"
    r"|^[ \t]*(?i:const|type|var|uses|implementation|interface)[ \t]*$|^[ \t]*(?i:begin|end\.|end;)[ \t]*$|^[^\n=:]*:=[^\n]*;[ \t]*$"
    r"|(?:\$[0-9a-f]{2,8},[ \t]*){2}|^[ \t]*(?i:array\s*\[|\w+\s*=\s*(?:packed\s+)?record\b)|\A\s*'[^'\n]*'\s*\Z"
)
_PUPPET = (
    r"^[ \t]*(?:class\s+[\w:]+\s*(?:[({]|inherits\b)|class\s*\{|type\s+[A-Z]\w*::[\w:]+\s*=|node\s|define\s+[\w:]+\s*[({]|include\s+\S"
    r"|\$\w+\s*=|(?:package|file|service|exec|user|notify|\w+(?:::\w+)+)\s*\{|(?:hiera_)?include\s*\()|=>"
)

_ROFF = r"^[.'](?:\\\"|T[HP]\b|S[HSP]\b|D[dt]\b|Sh\b|so\s|de\s|if\s|nr\s|ds\s|PP$|br$|ig$)"
_ABL = (
    r"(?i:^[ \t]*(?:def(?:ine)?\s+(?:(?:new|shared|input|output|input-output|private|protected)\s+)*"
    r"(?:var(?:iable)?|param(?:eter)?|temp-table|buffer|stream|frame)\b|for\s+(?:each|first|last)\s"
    r"|routine-level\b|using\s+[\w.*]+\.\s*$|end\s+(?:procedure|function)\.|&analyze-suspend))"
)
_LISP = (
    r"^[ \t]*\((?:defun|defmacro|defpackage|in-package|defvar|defparameter|de|dm|class|setq|load)\b"
)
_STRUCTURED_TEXT = (
    r"(?i:^[ \t]*(?:END_(?:VAR|PROGRAM|FUNCTION(?:_BLOCK)?|TYPE|STRUCT|IF|CASE|FOR|WHILE|REPEAT|METHOD"
    r"|INTERFACE|CONFIGURATION|ACTION|NAMESPACE|CLASS|PROPERTY)\b"
    r"|VAR_(?:INPUT|OUTPUT|IN_OUT|GLOBAL|TEMP|EXTERNAL)\b|FUNCTION_BLOCK[ \t]+\w))"
)
_LEX = r"^%%[ \t]*$|^%(?:option|x|s)\s"
# No word of it begins a line of Objective-C. Comments of Octave begin with a number sign, as directives of C do.
_MATLAB = (
    r"^[ \t]*(?:function(?:[ \t]+(?:\[[\w, \t~]*\]|\w+)[ \t]*=)?[ \t]+[A-Za-z][\w.]*[ \t]*(?:\(|;|,|$)"
    r"|classdef\b|end(?:function|classdef)\b)"
)

# suffix: what to look for, and the language if it is there, in order. If nothing is found, the
# language is that of the suffix.
_SIGNS = {
    ".pch": _signs((_OBJC, "objc"), (_CPP, "cpp")),
    # Templates of Terraform, of Jinja and Smarty, and of Go, which could be for anything.
    **dict.fromkeys((".tpl", ".tmpl", ".gotmpl"), _signs(
        (r"^#!.*\b(?:ba|z|k|da)?sh\b", "bash"),
        (r"^\s*<powershell>", "powershell"),
        (r"^(?:apiVersion|kind):\s", "yaml"),
        (r"^\[[\w.\"-]+\]\s*$", "toml"),
        (r"\{%-?\s*(?:extends|block|macro|if|for|import|include|set)\b|^\s*<(?:!DOCTYPE|html|div|table|p|a)\b",
         "html"),
        (r"\A", "text"),
    )),
    **dict.fromkeys(
        (f".{number}" for number in range(1, 10)), _signs((_ROFF, "roff"), (r"\A", "text"))
    ),
    ".al": _signs(
        (r"(?i:^(?:table|codeunit|page|report|enum|query|xmlport|interface|profile|controladdin|permissionset|dotnet|entitlement)(?:extension)?\s+(?:\d+\s+)?[\"\w]|namespace\s+[\w.]+;)", "al"),
    ),
    ".b": _signs((r"^implement\s+\w+;|^\w+\s*:\s*module\s*\{", "limbo"), (r"\A", "text")),
    ".ctl": _signs((r"^VERSION \d\.\d+|^Attribute VB_\w+", "vb"), (r"\A", "text")),
    ".do": _signs((r"^#!|^redo-|^\s*exec ", "bash"), (r"<%|<html", "html"), (r"^[ \t]*read (?:design|library) ", "text"),
                  (r"^[ \t]*(?:vlib|vsim|vlog|vcom|vmap|add[ _]wave|onerror|quietly|proc\s+\w+\s*\{|foreach\s+\w+\s+[\[$]|set\s+\w+\s+[\[\"$])", "tcl")),
    ".dsp": _signs((r"\A# Microsoft", "text"), (r"^[ \t]*(?:declare\s+\w+|import\(|process\s*=)", "faust"), (r"\A", "text")),
    ".e": _signs((r"^(?:include\s+\w+\.e\b|global\s+(?:function|procedure)\b|(?:function|procedure|type)\s+\w+\(|public\s+(?:include|function|procedure|constant)\b)", "euphoria")),
    ".es": _signs((r"^\s*(?:%%|main\s*\(.*?\)\s*->)|^-module\(", "erlang")),
    ".ex": _signs((r"^(?:include\s+[\w/]+\.e\b|global\s+(?:function|procedure)\b|(?:procedure|function)\s+\w+\(.*\)\s*$)", "euphoria")),
    ".g": _signs(
        (r"^[ \t]*(?:DeclareGlobal\w*|BindGlobal|InstallMethod|SetPackageInfo|LoadPackage|ReadPackage|RereadPackage|Read)\s*\(", "gap"),
        (r"^[ \t]*(?:(?:lexer|parser|tree)\s+)?grammar\s+\w+\s*;|^header\s*\{|^class\s+\w+\s+extends\s+(?:Lexer|Parser|TreeParser)\b", "antlr"),
        (r"^[ \t]*[\w.]+\s*:=\s*function\s*\(|^[ \t]*local\s+\w+.*;|:=.*;[ \t]*$", "gap"),
        (r"^[GMNT]\d+\b", "text"),
    ),
    ".st": ((_STRUCTURED_TEXT, "structured_text"), *FURTHER[".st"]),
    ".gst": _signs((r"\A\s*<\?xml", "xml")),
    ".i": _signs(
        (r"^[ \t]*%(?:module|include|import|typemap|template|extend|inline|\{)", "swig"),
        (_C_DIRECTIVE + r"|^[ \t]*(?:typedef|struct|static|extern|void|int)\s", "c"),
        (r"^[ \t]*[.;]|^\w+:?\s+(?:equ|EQU|db|dw)\b", "asm"), (r"\A", "text"),
    ),
    ".l": _signs((_LISP, "commonlisp"), (_LEX, "lex"), (_ROFF, "roff")),
    ".ls": _signs((r"^[ \t]*#\s*(?:LoomScript)|^[ \t]*package\s+[\w.]+\s*\{", "actionscript")),
    ".mod": _signs(
        (r"\A\s*<", "xml"), (r"^(?:module\s+[\w./-]+$|go\s+\d)", "gomod"),
        (r"^[ \t]*(?:param|set|var|maximize|minimize|subject to|s\.t\.)\s", "text"), (r"\A", "text"),
    ),
    ".mojo": _signs((r"\A\s*<\?xml", "xml")),
    ".mt": _signs((r"\A\s*\(\*|^[ \t]*(?:Test\w*|BeginTestSection|Needs)\[", "mathematica")),
    ".nqp": _signs((r"\A", "raku")),
    ".orc": _signs((r"^[ \t]*(?:instr|sr|opcode|ksmps)\b", "csound"), (r"\A", "text")),
    ".p": _signs((_ABL, "abl"), (r"^[ \t]*(?:set\s+(?:terminal|output|xlabel)|s?plot\s)", "gnuplot"),
                 (rf"(?i:{_PASCAL})", "pascal"), (r"\A", "text")),
    ".pde": _signs((r"\bvoid\s+(?:draw|settings)\s*\(|^import\s+processing\.|\bsize\s*\(\s*\d+\s*,", "java")),
    ".plt": _signs((r"^[ \t]*(?:set|unset|s?plot|reset|load)\s", "gnuplot"), (r"^#!.*perl|^use strict", "perl")),
    ".pluginspec": _signs((r"\A\s*<", "xml")),
    ".pod": _signs((r"^=begin\s+pod\b", "raku")),
    ".resource": _signs((r"^\*\*\*\s*(?:Settings|Keywords|Variables)", "robotframework"), (r"\A", "text")),
    ".rules": FURTHER[".rules"],
    ".sch": _signs((r"\A\s*<", "xml"), (r"\AEESchema|\A\(kicad_sch", "text")),
    ".scd": _signs((r"\A[\w.-]+\(\d\w*\)", "text")),
    ".sls": _signs((r"^\s*\{[%{#]|^[\w.-]+:[ \t]*$|^include:", "yaml")),
    ".spec": _signs(
        (r"^[ \t]*(?:a\s*=\s*Analysis\(|import\s+\w|from\s+\w+\s+import|# -\*- mode: python)", "python"),
        (r"\A\s*\{\s*\"", "json"),
        (r"^[ \t]*(?:Gem::Specification|require\s+['\"]|describe\s+[\"'A-Z]|Pod::)", "ruby"),
        (r"^\[\w+\]\s*$", "ini"), (r"^(?:Name|Summary|Version|Release|License):|^%(?:define|global|prep|build|files|package|if)", "rpm_spec"),
        (r"\A", "text"),
    ),
    ".tab": _signs((r"^[ \t]*(?i:create\s+(?:table|or\s)|alter\s+table|prompt\s)", "sql"), (r"\A", "text")),
    ".toc": _signs((r"^##\s*\w+", "text"), (r"^\\", "latex"), (r"\A", "text")),
    ".trigger": _signs((r"\A#!|^[ \t]*(?:case|esac|fi|if \[)\b", "bash")),
    ".tsx": _signs((r"\A\s*<\?xml", "xml")),
    ".tt": _signs((r"^\s*<(?:!DOCTYPE|html|head|body|div|table|form|p|a|h\d|ul|li|span)\b", "html"), (r"\A", "text")),
    ".tst": _signs((r"^gap>", "gap"), (r"\A", "text")),
    ".vba": _signs((r"\A\"?\s*(?:Vimball|UseVimball)", "vim")),
    ".vcf": _signs((r"\ABEGIN:VCARD", "text")),
    ".w": _signs((_ABL, "abl"), (r"\A", "text")),
    ".wxs": _signs((r"\A\s*<", "xml")),
    ".y": _signs((r"^%%[ \t]*$|^%(?:token|union|type|start|left|right)\b", "yacc"), (r"\A", "text")),
    ".yy": _signs((r"\A\s*\{", "json")),
    **dict.fromkeys(
        (".eslintrc", ".prettierrc", ".stylelintrc", ".releaserc", ".lintstagedrc", ".htmlhintrc",
         ".commitlintrc", ".mocharc", ".textlintrc", ".markdownlintrc", ".postcssrc", ".huskyrc", ".remarkrc", ".hintrc"),
        _signs((r"\A\s*\{", "json"), (r"\A\s*\S", "yaml")),
    ),
    **dict.fromkeys((".asset", ".prefab", ".unity"), _signs((r"\A%YAML|^\w+:", "yaml"), (r"\A", "text"))),
    ".key": _signs((r"\A\s*-----BEGIN", "pem"), (r"\A", "text")),
    ".core": _signs((r"\A\s*CAPI=\d", "yaml"), (r"\A", "text")),
    ".pages": _signs((r"^(?:nav|title|arrange|order|hide|collapse\w*):", "yaml"), (r"\A", "text")),
    **dict.fromkeys((".conf", ".cfg", ".cnf"), CONFIGURATION),
    ".h": _signs((_OBJC, "objc"), (_CPP, "cpp")),
    ".hh": _signs((r"\A\s*<\?hh\b", "hack")),
    ".php": _signs((r"\A(?:#!.*\n)?\s*<\?hh\b", "hack")),
    ".m": _signs(
        (r"^:- (?:module|import_module|interface|implementation)\b", "mercury"),
        (_MATLAB, "matlab"),
        (_OBJC + "|" + _C_DIRECTIVE + r"|@\"|^[ \t]*(?:int|void|static|extern)\s+\*?\w+\s*\(", "objc"),
        (r"^\w+\s*:\s*module\s*\{|^implement\s+\w+;", "limbo"),
        (r"\A\s*(?:\(\*|\{)|\*\)\s*$|^[ \t]*(?:BeginPackage|Begin|Get|Needs)\[|:=|\b\w+\[\w+_", "mathematica"),
        (r"^(?:\w+(?:\([\w,]*\))?)?[ \t]+;+[ \t]*[^\s;]|^;;", "mumps"),
    ),
    ".mm": _signs((r"\A\s*<map\b", "xml")),
    ".ts": _signs((r"\A\s*<(?:\?xml|!DOCTYPE TS|!--|TS\b)", "xml")),
    ".v": _signs(
        (r"^(?:pub )?fn \w|^(?:pub )?fn \(\w+ &?\w+\) \w|^@\[", "v"),
        (_VERILOG, "verilog"), (_COQ, "coq"), (_V, "v"), (r"\A", "verilog"),
    ),
    ".pl": _signs((_PROLOG_DIRECTIVE, "prolog"), (_RAKU, "raku"), (_PERL, "perl"), (_PROLOG, "prolog")),
    ".pm": _signs((r"\A\s*/\* XPM", "c"), (_RAKU, "raku"), (_PERL, "perl")),
    ".t": _signs((r"^  \$ \S", "text"), (_RAKU, "raku"), (_PERL, "perl"), (r"^[ \t]*(?:terra|local)\s+\w+", "terra")),
    ".pp": _signs((_PUPPET, "puppet"), (_PASCAL, "pascal")),
    ".inc": _signs(
        (r"<\?(?:php|=|\s)", "php"),
        (r"^[ \t]*#\s*(?:declare|local)\s+\w+\s*=", "povray"),
        (r"^[ \t]*#\s*(?:pragma\s+(?:semicolon|newdecls|dynamic)|endinput\b|if\s+!?\s*defined\s+_\w+_included)"
         r"|^[ \t]*(?:native|stock|forward)\s+\w|^[ \t]*methodmap\s+\w|^[ \t]*public\s+(?:Extension|SharedPlugin)\s", "sourcepawn"),
        (_PASCAL_PART, "pascal"),
        (_C_DIRECTIVE, "cpp"),
        (r"^[ \t]+(?:mov|push|pop|call|jmp|lea|xor|jnz|cmp|ret|ldr|str|bl|add[usq]*|sub[usq]*)[lqwb]?\s+[\w%$#(\[][^()={};]*,?[^={};]*$|^[ \t]*%(?:define|macro|include|if)\b|^[ \t]*\.(?:macro|equ|globa?l|text|data|byte|word)\b"
         r"|^\w+:?\s+(?:equ|EQU|db|dw|dd|macro|MACRO)\b", "asm"),
        (r"^[ \t]*(?:inherit\s+\w|(?:SRC_URI|DEPENDS|RDEPENDS|FILESEXTRAPATHS|DISTRO)\w*(?::\w+)*\s*[?+:.]*=)"
         r"|^[A-Z][A-Z0-9_]*(?::\S+)?\s*(?:\?\?|[?:+.])?=\s*\"", "bitbake"),
        (r"^(?:\.PHONY|[\w./%$()-]+)[ \t]*:[^=\n]*\n\t|^[ \t]*(?:ifn?eq|ifn?def|endif)\b|^[\w.-]+\s*(?:[:?+]=)|\$\(\w+\)",
         "make"),
        (r"^[ \t]*(?i:create\s+(?:table|procedure|function)|insert\s+into|drop\s+table|let\s+\$|flush\s+\w+;|select\s.*;)", "sql"),
        (r"^[ \t]*</?(?i:!DOCTYPE|html|div|table|p|a|script|ul|span|body|head|td|tr|h[1-6])\b", "html"),
        (r"^[ \t]*(?i:(?:end\s+)?(?:subroutine|common\s*/|integer\b|real\b|double precision))", "fortran"),
        (r"^[ \t]*(?:typedef|struct|static|extern|void|int|namespace|class)\s+\w+.*[;{(]|^[ \t]*\w+\s*\(.*\)\s*[;,]?\s*$|::", "cpp"),
        (r"^[ \t]*\\(?:\w+)\{", "latex"),
    ),
    ".cls": _signs(
        (r"^[ \t]*\\(?:NeedsTeXFormat|ProvidesClass|LoadClass|RequirePackage|newcommand|def|let|input)", "latex"),
        (r"^VERSION \d\.\d+ CLASS|^Attribute VB_\w+|^[ \t]*(?:Option Explicit|End (?:Sub|Function|Property))", "vb"),
        (r"^[ \t]*(?:Class|Include)\s+%?[\w.]+\s*(?:Extends|\[|\{|$)", "objectscript"),
        (r"^[ \t]*(?i:(?:@\w+.*|(?:public|private|global|virtual|abstract|with sharing|without sharing)\b.*\b(?:class|interface|enum)\s))",
         "apex"),
        (r"^[ \t]*(?i:class\s+[\w.-]+.*:\s*$|using\s+[\w.*]+\.\s*$|block-level\b|method\s+public\b)", "abl"),
        (r"^[ \t]*(?i:class|interface|enum)\s+\w+.*\{", "apex"),
    ),
    ".re": _signs((r"/\*!\w|^[ \t]*%\{", "re2c"), (_C_DIRECTIVE, "re2c"), (r"^[ \t]*%\{|^[ \t]*(?:static|struct|char)\s", "re2c")),
    ".scm": _signs((r"[)\]\"]\s*@[a-z_]+(?:\.[a-z_]+)*\s*(?:$|[()])", "query")),
    ".s": _signs((r"^(?:#lang|\(define)\b", "scheme")),
    ".d": _signs(
        (r"^[ \t]*(?:module\s+[\w.]+\s*;|import\s+\w+[\w.:, ]*;|@safe|private import|unittest\b)", "d"),
        (r"^(?:\w+:\w*:[\w*]*:[\w*-]*|BEGIN|END|#pragma\s+D\s|provider\s|dtrace:::)", "dtrace"),
        (r"\A\s*\S[^\n:=]*\.\w+\s*:(?:\s|\\|$)", "make"),
    ),
    ".r": _signs((r"^[ \t]*(?:REBOL|Red)\s*(?:\[|$)|\A\s*(?i:rebol)\b", "rebol")),
    ".fs": _signs(
        (r"^[ \t]*(?:#light|namespace|module|open|type|let|and|\[<)\s", "fsharp"),
        (_GLSL, "glsl"),
        (_FORTH, "forth"),
        (r"#include|#pragma\s+(?:rs|version)|__attribute__", "c"),
    ),
    ".fsh": _signs((r"\A\s*<", "xml")),
    ".f": ((_FORTH, "forth"), (r"^[ \t]*flowop\b", "text"), *FURTHER[".f"]),
    **{suffix: FURTHER[suffix] for suffix in (".gp", ".plot", ".src")},
    ".for": _signs((_FORTH, "forth")),
    ".rs": _signs(
        (r"^[ \t]*#\s*pragma\s+(?:rs\s|version)|__attribute__\s*\(\(kernel|#include\b.*\.rsh", "c"),
        (r"\A\s*<\?xml", "xml"),
    ),
    ".ml": _signs(
        (r"^[ \t]*(?:module|open|let\s+rec|external|exception|class)\b|\bmatch\b.*\bwith\b|\blet\b.*\bin\b|;;", "ocaml"),
        (r"=>|^[ \t]*(?:structure|signature|functor|fun|datatype)\s|\bcase\b.*\bof\b", "sml"),
    ),
    # Notebooks of Mathematica. Others hold tables, NetCDF and functions of distributions.
    ".cdf": _signs((r"\A\s*\(\*|^[ \t]*Notebook\[", "mathematica"), (r"\A", "text")),
    # What SELinux calls files, and FunC.
    ".fc": _signs((r"^[ \t]*(?:\(\)|\(?(?:int|cell|slice|builder|tuple|cont|var)\b|global\s|#(?:pragma|include)\b|const\s)", "func"), (r"\A", "text")),
    ".cl": _signs(
        (r"^[ \t]*\((?:defun|defmacro|defpackage|in-package|defvar|defparameter|defclass|defmethod|let|setf?q?|load|require)\b",
         "commonlisp"),
        (r"\b(?:__)?kernel\s+(?:void|__attribute)|__global|" + _C_DIRECTIVE + r"|^[ \t]*(?:typedef|struct|void|float\d?|int|inline|constant)\s",
         "c"),
        (r"^[ \t]*class\s+\w+.*\{", "cool"),
        (r"^\w+\s+\**\w+\s*\(.*[,)]\s*\{?\s*$|\bcl::\w", "c"),
    ),
    ".gs": _signs(
        (r"^(?:init|uses)[ \t]*$|^[ \t]*def\s+\w+\s*\(.*\)\s*(?::\s*\w+)?[ \t]*$", "genie"),
        (_GLSL, "glsl"),
        (r"^[ \t]*(?:uses\s+(?:java|gw|javax)\.|classpath\b|enhancement\s)", "gosu"),
    ),
    ".as": _signs((r"^[ \t]*(?:package|import)\s+[\w.*]*|^[ \t]*(?:public|private|dynamic|final|internal)\b.*\b(?:class|function)\b|:\s*void\b",
                   "actionscript"),
                  (r"^[ \t]*#\s*include\b|\b[A-Z]\w*@\s+\w+|^[ \t]*(?:void|int|float|string|array<\w+>|class|bool)\s+@?\w+\s*[({;=&]", "angelscript"),
                  (r"^[ \t]*\w*:?\s*\.?(?:mov|lda|section|org|equ)\b", "asm")),
    ".md": _signs((r"\A(?:\s|;;[^\n]*\n)*\(define_(?:insn|expand|c_enum|constants|attr|predicate|mode_\w+|split|automaton)\b", "gcc_machine_description")),
    ".gd": _signs((r"^[ \t]*(?:Declare\w+|BindGlobal|KeyDependentOperation|InstallMethod)\s*\(", "gap")),
    ".sc": _signs((r"\bSynthDef\b|\b\w+\.(?:ar|kr)\(|^[ \t]*\+?\s*[A-Z]\w*\s*(?::\s*[A-Z]\w*\s*)?\{\s*(?:$|classvar|var|\*)|^[ \t]*var\s.*;\s*$", "supercollider")),
    ".bb": _signs(
        (r"^[ \t]*(?:SUMMARY|DESCRIPTION|LICENSE|SRC_URI|inherit|require|DEPENDS|PV|include)\b", "bitbake"),
        (r"^[ \t]*\((?:ns|require|def|defn|let|println|->)\b|\A\s*[(\[{#;]", "clojure"),
        (r"^[ \t]*(?:Function|Global|Local|Graphics|Include|While|End Function)\b", "blitzbasic"),
    ),
    ".install": _signs((r"<\?php", "php"), (r"^[ \t]*\w+\s*\(\)\s*\{?|^[ \t]*#!", "bash"), (r"\A", "text")),
    ".module": _signs((r"<\?php", "php"), (r"\A", "text")),
    ".theme": _signs((r"<\?php", "php"), (r"^[ \t]*\[", "ini")),
    ".config": _signs((r"\A\s*<", "xml"), (r"\A\s*[\[{]\s*(?:\"|\{|$)", "json"), (r"\A", "ini")),
    ".manifest": _signs((r"\A\s*<", "xml"), (r"\A\s*\{", "json"), (r"\A", "text")),
    ".pro": _signs(
        (r"^\[\w+\]$", "ini"),
        (r"^[ \t]*-(?:keep|dont[a-z]+|assume[a-z]+|optimi[sz]ation|adapt[a-z]+|repackage|allowaccess|flatten|rename[a-z]+|print[a-z]+|if|verbose|include|basedirectory)"
         r"|(?i:proguard)", "proguard"),
        (r"^[ \t]*(?:QT|TEMPLATE|TARGET|SOURCES|HEADERS|CONFIG|INCLUDEPATH|LIBS|DEFINES|SUBDIRS|FORMS|RESOURCES|VERSION|QMAKE_\w+)\s*[-+*~]?=", "qmake"),
        (r"^[ \t]*(?i:pro|function)\s+\w+(?:::?\w+)?\s*(?:,|$)|^;\+|^[ \t]*(?i:compile_opt)\b|^[ \t]*(?i:endif|endfor|endelse|endwhile)\b"
         r"|^[ \t]*(?i:print|plot|readcol|device)\s*,", "idl"),
        (_PROLOG, "prolog"), (r"\A", "text"),
    ),
    ".props": _signs((r"\A\s*<", "xml"), (r"^[ \t]*[\w.]+\s*=", "properties")),
    ".ui": _signs((r"\A\s*<", "xml"), (r"\A", "text")),
    ".launch": _signs((r"\A\s*<", "xml"), (r"\A\s*\{", "json")),
    ".asm": _signs((_C_DIRECTIVE + r"|^[ \t]*[.%;\w]", "asm")),
    ".typ": _signs((r"\A\s*<\?xml", "xml")),
    ".shader": _signs((_GLSL, "glsl")),
    ".res": _signs((r"\A\s*[{<]|^[ \t]*\[\w", "text")),
    ".cs": _signs((r"![\w\s]+methodsFor: ", "smalltalk")),
    ".frag": _signs((r"^[ \t]*\(function|\bdocument\.", "javascript")),
}  # fmt: skip

# All their signs stand at the start of a file, of which little needs to be looked at.
_AT_START = frozenset(
    suffix for suffix, signs in _SIGNS.items() if all(sign.startswith(r"\A") for sign, _ in signs)
)
# suffix: the languages that its signs tell apart
SHARED = {suffix: {language for _, language in signs} for suffix, signs in _SIGNS.items()}


def by_signs(suffix: str, text: str, usual: str) -> str:
    """The language of a file whose suffix several languages share; `usual` if nothing tells."""
    signs = _SIGNS.get(suffix)
    if not signs:
        return usual
    most = _START if suffix in _AT_START else _WITH_COMMENTS
    code = _shortened(_without_comments(suffix, text[:most]))
    for sign, language in signs:
        if compiled(sign).search(code):
            return language
    return "c" if suffix == ".h" and usual == "cpp" and _is_for_c(text, code) else usual


def _is_for_c(text: str, code: str) -> bool:
    """Whether a header in C++ is for C as well, `extern "C" {`, or for assembler."""
    return bool(_FOR_C.search(text[:_WITH_COMMENTS]) or compiled(ASSEMBLER).search(code))


def _shortened(code: str) -> str:
    """The start of the code without long runs of blanks and the ends of long lines."""
    lines = _BLANK_LINES.sub("\n\n", _BLANKS.sub(" " * 8, code[:_READ]))
    return _REST_OF_LINE.sub(r"\1", lines)


def _without_comments(suffix: str, text: str) -> str:
    mark = _COMMENTS.get(suffix)
    if suffix == ".v":
        text = _ML_COMMENT.sub(" ", text)
    if suffix == ".m":
        text = _LINE_COMMENTS["%"].sub("", text)
    if mark is not None:
        return _LINE_COMMENTS[mark].sub("", text) if mark else text
    code = _C_COMMENT.sub(" ", text)
    return _FOR_OTHERS.sub("", code) if suffix == ".h" else code
