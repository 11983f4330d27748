"""The scripts that make a shell ask `ccingest` what fits."""

from __future__ import annotations

from collections.abc import Mapping

_BASH = r"""# Completion of ccingest in bash. Made by `ccingest completion bash`.
_ccingest() {
    local line value program=${1/#\~/$HOME} word=${COMP_WORDS[COMP_CWORD]}
    local only_folders=1
    COMPREPLY=()
    while IFS= read -r line; do
        value=${line%%$'\t'*}
        if [[ -z $value && $line == $'\t'files ]]; then
            compopt -o default 2>/dev/null
            return
        elif [[ -z $value && $line == $'\t'folders ]]; then
            compopt -o dirnames 2>/dev/null
            return
        fi
        [[ $value == */ ]] || only_folders=0
        [[ $word == [\"\']* ]] || printf -v value %q "$value"
        COMPREPLY+=("$value")
    done < <(_CCINGEST_COMPLETE=bash COMP_WORDBREAKS=$COMP_WORDBREAKS \
        "$program" "${COMP_LINE:0:COMP_POINT}" 2>/dev/null </dev/null)
    [[ $only_folders == 1 ]] && compopt -o nospace 2>/dev/null
    return 0
}
complete -F _ccingest ccingest
"""

_ZSH = r"""#compdef ccingest
# Completion of ccingest in zsh. Made by `ccingest completion zsh`.
_ccingest() {
    local line value about
    local -a typed values shown folders
    typed=("${(@Q)words[2,CURRENT-1]}" "${(Q)PREFIX}")
    while IFS= read -r line; do
        value=${line%%$'\t'*} about=${line#*$'\t'}
        case $line in
            $'\t'files) _files; return ;;
            $'\t'folders) _files -/; return ;;
        esac
        if [[ $value == */ ]]; then
            folders+=("$value")
        else
            values+=("$value")
            shown+=("$value${about:+  -- $about}")
        fi
    done < <(_CCINGEST_COMPLETE=zsh ${~words[1]} "${(@)typed}" 2>/dev/null </dev/null)
    local found=1
    (( $#folders )) && compadd -S '' -a folders && found=0
    if (( $#values )); then
        compadd -l -d shown -a values && found=0
    fi
    return $found
}
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
    _ccingest "$@"
else
    # Where nothing is set up yet, as in the zsh of a new Mac, there is no compdef.
    (( $+functions[compdef] )) || { autoload -Uz compinit && compinit -i }
    compdef _ccingest ccingest
fi
"""

_FISH = r"""# Completion of ccingest in fish. Made by `ccingest completion fish`.
function __ccingest_complete
    set -l words (commandline -opc)
    set -l last (string replace -r '^["\']' '' -- (commandline -ct) | string unescape)
    for line in (env _CCINGEST_COMPLETE=fish $words "$last" 2>/dev/null </dev/null)
        switch $line
            case \t'files'
                __fish_complete_path "$last"
            case \t'folders'
                __fish_complete_directories "$last" ''
            case '*'
                echo $line
        end
    end
end
complete --command ccingest --no-files --arguments '(__ccingest_complete)'
"""

SCRIPTS: Mapping[str, str] = {"bash": _BASH, "zsh": _ZSH, "fish": _FISH}
