# Completion of ccingest in bash. Made by `ccingest completion bash`.
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
