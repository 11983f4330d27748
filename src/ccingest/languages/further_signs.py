"""What tells languages apart that share a suffix, as in `signs`: names that few files of a language have."""

from __future__ import annotations

from collections.abc import Mapping

_UDEV = (
    r"^[ \t]*(?:ACTION|SUBSYSTEMS?|KERNELS?|ATTRS?\{|ENV\{|DRIVERS?|TEST|GOTO|LABEL|IMPORT|RUN|NAME|SYMLINK|OWNER|GROUP"
    r"|MODE|TAGS?|OPTIONS|PROGRAM|DEVPATH|CONST|SYSCTL|SECLABEL|RESULT)[^\s=]{0,60}[ \t]*[!=+:-]?="
)
# Others are templates, for which StringTemplate and Spring have the suffix too.
_SMALLTALK = (
    r"^!|![ \t]*$|\bmethodsFor:|\bsubclass:|(?<!:):=|^[ \t]*\^[ \t]*\w|\b(?:Transcript|Smalltalk|thisContext)\b|\bif(?:True|False|Nil):"
    r"|\bself\b|\bprintNl\b|\bEval[ \t]*\[|>>[ \t]*\w+|^[ \t]*\|[\w ]+\|[ \t]*$"
)
_GNUPLOT = r"^[ \t]*(?:set|unset|s?plot|reset|load|fit)\s"

FURTHER: Mapping[str, tuple[tuple[str, str], ...]] = {
    # The files and settings of a simulator of Verilog.
    ".f": (
        (r"^[ \t]*\+(?:incdir|define|libext)\+|^[ \t]*[\w./${}-]+\.(?:svh?|vh?|vhdl?|cc?|cpp)[ \t\r]*$|^-(?:f|F|y|sverilog)[ \t]", "text"),
    ),
    ".gp": ((_GNUPLOT, "gnuplot"), (r"\A", "text")),
    ".plot": ((_GNUPLOT, "gnuplot"), (r"\A", "text")),
    ".rules": (
        (r"\bpolkit\.add\w+\(", "javascript"),
        (r"^groups:[ \t]*$|^[ \t]*-[ \t]+(?:alert|record|name):", "yaml"),
        (_UDEV, "udev"),
        (r"\A", "text"),
    ),
    ".src": (
        (r"^[ \t]+\.(?:SECTION|GLB|IMPORT|EXPORT|CSECT|EXTERN|PUBLIC|ORG|END)\b|^[ \t]+(?i:mov|push|pop|jsr|lda|ldx|rts|bra|nop)(?:\.\w)?(?:[ \t]|$)", "asm"),
        (r"\A", "text"),
    ),
    ".st": ((_SMALLTALK, "smalltalk"), (r"\A", "text")),
}  # fmt: skip
