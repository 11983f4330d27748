# Completion of ccingest in fish. Made by `ccingest completion fish`.
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
