"""What tells apart the files that are called `.conf` or `.cfg`: each program has its own form of them."""

from __future__ import annotations

_TMUX = (
    r"^[ \t]*(?:(?:set(?:-option|-window-option|w)?|setw)[ \t]+-[agoqsuwF]{1,5}[ \t]"
    r"|(?:un)?bind(?:-key)?[ \t]+(?:-[a-zA-Z][ \t]+)*\S{1,20}[ \t]+[a-z]+-[a-z]|source-file[ \t])"
)
_SHELL = (
    r"^[ \t]*(?:export[ \t]+\w+=|(?:local|declare|typeset)[ \t]+(?:-\w+[ \t]+)?\w+(?:=|[ \t]*$)"
    r"|(?:fi|esac|done)[ \t]*$|ulimit[ \t]+-\w|\w+[ \t]*\(\)[ \t]*\{)"
)
_APACHE = (
    r"^[ \t]*<(?:VirtualHost|Directory(?:Match)?|Location(?:Match)?|Files(?:Match)?|IfModule|IfDefine|Proxy|Limit|RequireAll)\b"
    r"|^[ \t]*(?:LoadModule|WSGIScriptAlias|DirectoryIndex|RewriteEngine|ServerName|ProxyPass(?:Reverse)?|AllowOverride)[ \t]+\S"
)
# A section, a key with a value, a block. Whoever wrote none of them wrote no settings.
_SETTING = (
    r"^[ \t]*(?:\[|\{[{%]|[$*@]?\w[\w.-]*[\]\w.-]*[ \t]*(?:[+?:]?=|:)|\w[\w.-]*[ \t]+\S|-[\w-]+[ \t]|;)"
    r"|\A\s*\Z"
)

CONFIGURATION = (
    # The configuration of a Mojolicious application is a hash of Perl.
    (r"^use\s+(?:strict|warnings|[A-Z]\w*::\w)|^\s*\{\s*\w+\s*=>", "perl"),
    (r"\A\s*<(?:\?xml\b|!DOCTYPE\b|!--|busconfig>|fontconfig>)", "xml"),
    (r"\A\s*(?:\{\s*\"[^\"\n]*\"\s*:|\[\s*\{\s*\"|\[\s*\"[^\"\n]*\"\s*,\s*\")", "json"),
    (r"^(?:from[ \t]+[\w.]+[ \t]+import[ \t]|import[ \t]+[\w.]+[ \t]*$|def[ \t]+\w+\()", "python"),
    (_APACHE, "apacheconf"),
    (r"^apiVersion:[ \t]|\A\s*(?:---[ \t]*\n\s*)?(?:\w+:[ \t]*\n[ \t]+(?:-[ \t]+)?\w+:(?:[ \t]|$)|-[ \t]+\w+:[ \t])", "yaml"),
    (r"^\[\[[\w.-]+\]\][ \t]*$|^[\w-]+[ \t]*=[ \t]*\[[ \t]*[\"'][^\n]*\][ \t]*$", "toml"),
    (r"^[ \t]*(?:bind[a-z]{0,4}|windowrule(?:v2)?|layerrule|exec-once|monitor)[ \t]*=", "hyprlang"),
    (_TMUX, "bash"),
    (_SHELL, "bash"),
    (r"^-(?:keep\w*|dont\w+|assume\w+)[ \t,]", "proguard"),
    (_SETTING, "ini"),
    (r"\A", "text"),
)  # fmt: skip

# A header for assembler holds macros that are instructions or directives of one.
ASSEMBLER = (
    r"^[ \t]*(?:#[ \t]*define[ \t]+\w+(?:\([^()\n]*\))?[ \t]+)?"
    r"(?:\.(?:macro|endm|globl|global|section|p2?align|balign|text|data|word|quad|type|size|rept|endr|equ)\b"
    r"|(?:ebreak|ecall|fence|wfi|[msu]ret|eret|nop|hlt|iret[dq]?)[ \t]*(?:[;\\]|$)"
    r"|(?:csrr?[wsc]i?|li|la|lui|jalr?|ldr|str|mov[lqwb]?|lea[lq]?|b[ln]e|beqz?|bnez?)[ \t]+[%$\w]+[ \t]*,)"
    r"|\b__ASSEMBLE[RY]__\b|\b__ASSEMBLY__\b"
)
